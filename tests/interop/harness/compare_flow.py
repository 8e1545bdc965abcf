"""Compares the SIP messages of a capture with what the program says of a call flow.

Exit: 0 equal; 1 not equal; 4 the run is void, because a message was retransmitted.
"""

import argparse
import collections
import json
import sys

import sip_capture

VOID = 4


def transactions(messages, incoming):
    """Transactions begun by requests in that direction: RFC 3261 section 17, an ACK begins none."""
    requests = (m for m in messages if m.incoming == incoming and m.method not in ("", "ACK"))
    return len({(m.branch, m.method) for m in requests})


def captured_counts(messages):
    """The same keys as `busyhour calc sip`, counted."""
    received = [m for m in messages if m.incoming]
    sent = [m for m in messages if not m.incoming]
    return {
        "messages": len(messages),
        "messages_in": len(received),
        "messages_out": len(sent),
        "requests_in": sum(1 for m in received if m.method),
        "transactions_server": transactions(messages, incoming=True),
        "transactions_client": transactions(messages, incoming=False),
        "bytes_in": sum(m.octets for m in received),
        "bytes_out": sum(m.octets for m in sent),
    }


def retransmissions(messages):
    """Datagrams that repeat an earlier one between the same two ports, octet for octet."""
    seen = collections.Counter((m.incoming, m.peer, m.text) for m in messages)
    return sum(number - 1 for number in seen.values())


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flow", required=True)
    parser.add_argument("--count", required=True, type=int, help="how often the flow ran")
    parser.add_argument("--port", required=True, type=int, help="the server's, UDP and TCP")
    parser.add_argument("--far-port", type=int, action="append", default=[],
                        help="of a user agent that the server connects to")
    parser.add_argument("--without", metavar="PORT", help="leave out the messages with this peer")
    parser.add_argument("--from-user", metavar="USER", help="only the messages with it in From")
    parser.add_argument("--mark-port", required=True, type=int)
    parser.add_argument("--predicted", required=True, help="output of busyhour calc sip")
    parser.add_argument("--capture", required=True)
    return parser.parse_args()


# The octets of a message depend on the make of the phone: told, not compared.
EXACT = "messages messages_in messages_out requests_in".split()
EXACT += ["transactions_server", "transactions_client"]
TOLD = ["bytes_in", "bytes_out"]


def main():
    options = parse_arguments()
    with open(options.predicted) as file:
        predicted = json.load(file)
    capture = sip_capture.read_capture(
        options.capture, [options.port], options.mark_port, far_ports=options.far_port
    )
    messages = [
        m
        for m in capture.messages
        if m.peer != options.without and options.from_user in (None, m.from_user)
    ]
    captured = captured_counts(messages)
    repeated = retransmissions(messages)

    equal = not capture.faults
    print(f"{options.flow}: {options.count} times through {predicted['element']}")
    for key in EXACT + TOLD:
        expected = options.count * predicted[key]
        if key in TOLD:
            remark = "octets, not compared"
        else:
            remark = "equal" if captured[key] == expected else "DIFFERENT"
            equal = equal and captured[key] == expected
        print(f"  {key:20} predicted {expected:8.0f}  captured {captured[key]:8}  {remark}")
    print(f"  {'retransmissions':20} predicted {0:8}  captured {repeated:8}")
    print(f"  {'malformed':20} predicted {0:8}  captured {len(capture.faults):8}")
    for fault in capture.faults[:5]:
        print(f"  tshark: {fault}")
    if not equal:
        kinds = collections.Counter(("in " if m.incoming else "out ") + m.name for m in messages)
        print("  captured: " + ", ".join(f"{name} x{n}" for name, n in sorted(kinds.items())))
    if repeated:
        return VOID
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
