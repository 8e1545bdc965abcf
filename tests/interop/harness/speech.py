"""Recorded RTP that a relay passes there and, echoed, back.

    speech.py make FILE      two seconds of PCMU as a pcap file; no two payloads are alike
    speech.py compare ...    holds a capture at the relay, and the server's summary, to that file
"""

import argparse
import json
import random
import struct
import sys

import compare_rtp
import media_capture

PACKETS = 100
PTIME_US = 20_000
SAMPLES = 160  # RFC 3551 section 4.5.14: 8000 one-octet samples a second
SSRC = 0x5EEC4001
VOID = 4


def datagrams():
    rng = random.Random(5)
    for number in range(PACKETS):
        marker = 0x80 if number == 0 else 0
        # RFC 3550 section 5.1: V=2, payload type 0
        header = struct.pack("!BBHII", 0x80, marker, 65500 + number & 0xFFFF, number * SAMPLES, SSRC)
        yield header + rng.randbytes(SAMPLES)


def make(path):
    """SIPp puts its own addresses, ports and checksums in."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))  # Ethernet
        for number, payload in enumerate(datagrams()):
            udp = struct.pack("!HHHH", 5000, 5002, 8 + len(payload), 0) + payload
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0)
            ip += bytes([127, 0, 0, 1]) * 2
            frame = bytes(12) + b"\x08\x00" + ip + udp
            seconds, rest_us = divmod(number * PTIME_US, 1_000_000)
            file.write(struct.pack("<IIII", seconds, rest_us, len(frame), len(frame)) + frame)


def rows_of(options):
    recorded = list(datagrams()) * options.calls
    packets = media_capture.read_packets(options.capture, *options.ports)
    caller, callee = (("127.0.0.1", port) for port in options.ends)
    ways = [
        ("caller to relay", [p.udp for p in packets if p.is_in and p.source == caller]),
        ("relay to callee", [p.udp for p in packets if not p.is_in and p.destination == callee]),
        ("callee to relay, echoed", [p.udp for p in packets if p.is_in and p.source == callee]),
        ("relay to caller", [p.udp for p in packets if not p.is_in and p.destination == caller]),
    ]
    rows = []
    for words, seen in ways:
        rows.append((f"{words}: packets", len(recorded), len(seen)))
        same = sum(1 for ours, theirs in zip(recorded, seen) if ours == theirs)
        rows.append((f"{words}: as recorded, in order", len(recorded), same))
    rows.append(("packets from or to somebody else", 0, len(packets) - sum(len(s) for _, s in ways)))
    streams = compare_rtp.read_streams(options.capture, *options.ports)
    rows.append(("streams by tshark", 4 * options.calls, len(streams)))
    rows.append(("lost by tshark's count", 0, sum(abs(lost) for _, lost in streams)))
    with open(options.summary) as file:
        media = json.load(file)["media"]
    for key in ("packets_in", "packets_out"):
        rows.append((f"{key} of the server's summary", 2 * len(recorded), media[key]))
    for key in ("udp_payload_octets_in", "udp_payload_octets_out"):
        rows.append((f"{key} of it", 2 * sum(map(len, recorded)), media[key]))
    rows.append(("dropped by its count", 0, sum(media["dropped"].values())))
    rows.append(("calls opened and ended", media["calls_opened"], media["calls_ended"]))
    rows.append(("calls opened", options.calls, media["calls_opened"]))
    return rows


def compare(options):
    rows = rows_of(options)
    print(f"{options.name}: {options.calls} calls of {PACKETS} packets")
    for name, mine, seen in rows:
        print(f"  {name:48} {mine:9.0f} {seen:9.0f}  {'equal' if mine == seen else 'DIFFERENT'}")
    if all(mine == seen for _, mine, seen in rows):
        return 0
    _, planned, played = rows[0]
    return VOID if played < planned else 1  # SIPp ended the call before all was played


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("make").add_argument("path")
    comparison = commands.add_parser("compare")
    for name in ("--name", "--capture", "--summary"):
        comparison.add_argument(name, required=True)
    comparison.add_argument("--calls", type=int, required=True)
    comparison.add_argument("--ends", type=int, nargs=2, required=True, help="media ports")
    comparison.add_argument("--ports", type=int, nargs=2, required=True, help="of the relay")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.command == "compare":
        return compare(options)
    make(options.path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
