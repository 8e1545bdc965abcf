"""Compares the RTP and RTCP packets of a capture with what the program says of a relayed call."""

import argparse
import collections
import json
import subprocess
import sys


def read_capture(path, first_port, last_port):
    """Each packet: has the relay received it, sent it, is it RTCP, octets of the IP packet."""
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|"]
    for field in ("udp.srcport", "udp.dstport", "ip.len", "udp.payload"):
        command += ["-e", field]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    packets = []
    for line in text.stdout.decode().splitlines():
        source, destination, octets, payload = line.split("|")
        received = first_port <= int(destination) <= last_port
        sent = first_port <= int(source) <= last_port
        if received or sent:
            packet_type = int(payload[2:4], 16)  # RFC 5761 section 4: 192 to 223 is RTCP
            packets.append((received, sent, 192 <= packet_type <= 223, int(octets)))
    return packets


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sent", required=True, help="output of relay.py")
    parser.add_argument("--capture", required=True)
    parser.add_argument("--ports", required=True, type=int, nargs=2, help="the relay's")
    parser.add_argument("--rtp", required=True, help="output of busyhour calc rtp, plain")
    parser.add_argument("--srtp", required=True, help="the same with --encryption sdes")
    return parser.parse_args()


def read_json(path):
    with open(path) as file:
        return json.load(file)


def main():
    options = parse_arguments()
    sent, rtp, srtp = map(read_json, (options.sent, options.rtp, options.srtp))
    packets = read_capture(options.capture, *options.ports)
    is_encrypted = sent["relays"] == 2
    time_s, relays = sent["stream_s"], sent["relays"]

    # (in, out) is (True, True) where rtpengine sends to itself: the SRTP leg between two relays.
    sizes = collections.defaultdict(set)
    for received, sent_out, is_rtcp, octets in packets:
        if not is_rtcp:
            sizes[received and sent_out].add(octets)
    rows = [
        ("packets sent by the phones", time_s * rtp["packets_per_s"], sent["sent"]),
        ("packets received by the phones", time_s * rtp["packets_per_s"], sent["received"]),
        (
            "packets into the relay",
            relays * time_s * rtp["relay_packets_in_per_s"],
            sum(1 for received, _, _, _ in packets if received),
        ),
        (
            "packets out of the relay",
            relays * time_s * rtp["relay_packets_out_per_s"],
            sum(1 for _, sent_out, _, _ in packets if sent_out),
        ),
        (
            "RTP packets into the relay",
            relays * time_s * rtp["rtp_packets_per_s"],
            sum(1 for received, _, is_rtcp, _ in packets if received and not is_rtcp),
        ),
        (
            "RTCP packets into the relay",
            relays * time_s * rtp["rtcp_packets_per_s"],
            sum(1 for received, _, is_rtcp, _ in packets if received and is_rtcp),
        ),
        ("octets of an IPv4 RTP packet", rtp["packet_bytes"], *sizes[False]),
    ]
    if is_encrypted:
        rows.append(("octets of an IPv4 SRTP packet", srtp["packet_bytes"], *sizes[True]))

    print("one PCMU call, " + ("RTP - SRTP - RTP through two relays" if is_encrypted else "RTP"))
    equal = True
    for name, predicted, *captured in rows:
        is_equal = len(captured) == 1 and abs(captured[0] - predicted) < 1e-6
        equal = equal and is_equal
        values = " ".join(map(str, captured))
        remark = "equal" if is_equal else "DIFFERENT"
        print(f"  {name:32} predicted {predicted:8g}  captured {values:>8}  {remark}")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
