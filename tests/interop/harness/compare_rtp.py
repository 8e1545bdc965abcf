"""Holds a result of `busyhour load rtp` to a capture and to what rtpengine says.

    compare_rtp.py statistics NG_PORT    prints rtpengine's own statistics as JSON
    compare_rtp.py compare --name NAME --result FILE --statistics FILE --capture FILE --ports A B
"""

import argparse
import collections
import json
import re
import subprocess
import sys

import relay


def as_text(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if isinstance(value, dict):
        return {as_text(key): as_text(item) for key, item in value.items()}
    return value


def tshark(path, *arguments):
    command = ["tshark", "-n", "-r", path, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode()


class Tally:
    """Packets on one side of the relay."""

    def __init__(self):
        self.packets = self.udp_octets = self.ip_octets = 0
        self.payloads = []

    def count(self, udp, ip_octets):
        self.packets += 1
        self.udp_octets += len(udp)
        self.ip_octets += ip_octets
        self.payloads.append(udp[12:])  # RFC 3550 section 5.1: no CSRC, no extension


def read_capture(path, first_port, last_port):
    """Tallies by (into the relay?, RTCP?)."""
    tallies = collections.defaultdict(Tally)
    fields = ["-T", "fields", "-E", "separator=|"]
    for field in ("udp.srcport", "udp.dstport", "ip.len", "udp.payload"):
        fields += ["-e", field]
    for line in tshark(path, *fields).splitlines():
        source, destination, octets, payload = line.split("|")
        udp = bytes.fromhex(payload.replace(":", ""))
        is_rtcp = 192 <= udp[1] <= 223  # RFC 5761 section 4
        if first_port <= int(destination) <= last_port:
            tallies[True, is_rtcp].count(udp, int(octets))
        elif first_port <= int(source) <= last_port:
            tallies[False, is_rtcp].count(udp, int(octets))
    return tallies


def read_streams(path, first_port, last_port):
    """(packets, lost) of each RTP stream that tshark finds; it knows RTCP at these ports itself."""
    ports = f"udp.port=={first_port}-{last_port},rtp"
    text = tshark(path, "-q", "-d", ports, "-z", "rtp,streams")
    streams = []
    for line in text.splitlines():
        found = re.search(r" 0x[0-9A-Fa-f]{8}\s+(.*?)\s+(\d+)\s+(-?\d+) \(", line)
        if found:
            streams.append((int(found[2]), int(found[3])))
    return streams


def is_tone(payload):
    """1 kHz at 8000 samples/s repeats after eight octets."""
    return payload[8:] == payload[:-8]


def rows_of_relay(result):
    """rtpengine counts what comes to an RTP port as RTP: with rtcp-mux, RTCP too."""
    both, relayed = result["packets"], result["relay"]
    kinds = {"rtp": ["sent"], "rtcp": ["rtcp_sent"]}
    if result["rtcp_mux"]:
        kinds = {"rtp": ["sent", "rtcp_sent"], "rtcp": []}
    rows = []
    for kind, mine in kinds.items():
        name = f"{kind.upper()} by rtpengine's count of the calls"
        packets = sum(both[key]["packets"] for key in mine)
        rows.append((f"{name}: packets", packets, relayed[kind]["packets"]))
        rows.append((f"{name}: errors", 0, relayed[kind]["errors"]))
        octets = sum(both[key]["udp_octets"] for key in mine)
        if result["encryption"] == "none":
            rows.append((f"{name}: octets", octets, relayed[kind]["octets"]))
    return rows


def rows_of(result, statistics, options):
    tallies = read_capture(options.capture, *options.ports)
    streams = read_streams(options.capture, *options.ports)
    both, directions = result["packets"], 1 if result["one_way"] else 2
    each = round(result["duration_s"] / result["ptime_s"])
    offered = result["calls"] * directions * each
    rows = [
        ("calls that talked", result["calls"], result["succeeded"]),
        ("RTP packets by plan and sent", offered, both["sent"]["packets"]),
        ("lost, corrupt, out of order", 0, both["lost"] + both["corrupt"] + both["out_of_order"]),
        ("foreign or misdelivered", 0, result["foreign"] + result["misdelivered"]),
        ("streams seen by tshark", result["calls"] * directions * 2, len(streams)),
        ("least packets of a stream", each, min(packets for packets, _ in streams)),
        ("lost by tshark's count", 0, sum(abs(lost) for _, lost in streams)),
    ]
    for is_rtcp, kind in ((False, ""), (True, "rtcp_")):
        for is_in, end, words in ((True, "sent", "into"), (False, "received", "out of")):
            mine, tally = both[kind + end], tallies[is_in, is_rtcp]
            name = f"{'RTCP' if is_rtcp else 'RTP'} {words} the relay"
            rows.append((f"{name}: packets", mine["packets"], tally.packets))
            rows.append((f"{name}: UDP octets", mine["udp_octets"], tally.udp_octets))
            rows.append((f"{name}: IP octets", mine["ip_octets"], tally.ip_octets))
    rows += rows_of_relay(result)
    sent = both["sent"]["packets"] + both["rtcp_sent"]["packets"]
    rows.append(("packets by rtpengine's statistics", sent, statistics["relayedpackets"]))
    octets = result["predicted"]["ip_packet_octets"]
    rows.append(("octets of an IP packet by the model", octets,
                 both["sent"]["ip_octets"] / both["sent"]["packets"]))  # fmt: skip
    if result["codec"] in ("PCMU", "PCMA"):
        payloads = tallies[True, False].payloads + tallies[False, False].payloads
        tones = sum(1 for payload in payloads if is_tone(payload))
        rows.append(("payloads that are a tone on the wire",
                     len(payloads) if result["encryption"] == "none" else 0, tones))  # fmt: skip
    return rows


def compare(options):
    with open(options.result) as file:
        result = json.load(file)
    with open(options.statistics) as file:
        statistics = json.load(file)["statistics"]["totalstatistics"]
    print(f"{options.name}: {result['calls']} calls of {result['codec']}")
    is_equal = True
    for name, mine, seen in rows_of(result, statistics, options):
        is_same = mine == seen
        is_equal = is_equal and is_same
        remark = "equal" if is_same else "DIFFERENT"
        print(f"  {name:48} {mine:10g} {seen:10g}  {remark}")
    print(f"  void: {result['void']}; CPU of rtpengine: {result['measured']}")
    return 0 if is_equal else 1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("statistics").add_argument("port", type=int)
    comparison = commands.add_parser("compare")
    for name in ("--name", "--result", "--statistics", "--capture"):
        comparison.add_argument(name, required=True)
    comparison.add_argument("--ports", required=True, type=int, nargs=2)
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.command == "compare":
        return compare(options)
    print(json.dumps(as_text(relay.Relay(options.port).command("statistics"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
