"""Counts the DMQ messages of a capture by what they are for, and says how many octets they have.

Prints a JSON object: for each peer of DMQ ("usrloc", "htable", "dialog", "notification_peer") its
requests, responses and the octets of both, the requests between each two ports, and void, which is
true where a message was retransmitted.
"""

import argparse
import collections
import json
import statistics
import subprocess
import sys


def read_capture(path, ports):
    """Each DMQ message: time, source, destination, peer, is it a request, octets, text."""
    fields = "frame.time_epoch udp.srcport udp.dstport sip.Method sip.from.user udp.length udp.payload"
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|"]
    command += ["-E", "occurrence=f", "-Y", "sip.CSeq.method == KDMQ"]
    for port in ports:
        command += ["-d", f"udp.port=={port},sip"]
    for field in fields.split():
        command += ["-e", field]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    for line in text.stdout.decode().splitlines():
        time_s, source, destination, method, peer, octets, payload = line.split("|")
        if int(source) in ports and int(destination) in ports:
            yield float(time_s), int(source), int(destination), peer, bool(method), (
                int(octets) - 8
            ), payload


def whole_intervals(messages, interval_s, intervals):
    """Of each two nodes the pings of whole intervals, begun half an interval before the first."""
    first = {}
    for message in messages:
        key = message[1:3] if message[4] else message[2:0:-1]
        begin = first.setdefault(key, message[0]) - interval_s / 2
        if message[0] < begin + intervals * interval_s:
            yield message


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--capture", required=True)
    parser.add_argument("--ports", required=True, type=int, nargs="+")
    parser.add_argument("--ping-interval-s", type=float, help="count pings of whole intervals only")
    parser.add_argument("--intervals", type=int, default=1)
    options = parser.parse_args()

    by_peer, seen = collections.defaultdict(list), collections.Counter()
    for message in read_capture(options.capture, set(options.ports)):
        by_peer[message[3]].append(message)
        seen[message[1:3] + (message[6],)] += 1
    if options.ping_interval_s:
        pings = by_peer["notification_peer"]
        by_peer["notification_peer"] = list(
            whole_intervals(pings, options.ping_interval_s, options.intervals)
        )
    answer = {"void": any(number > 1 for number in seen.values())}
    for peer, messages in by_peer.items():
        requests = [m[5] for m in messages if m[4]]
        responses = [m[5] for m in messages if not m[4]]
        pairs = collections.Counter(f"{m[1]}-{m[2]}" for m in messages if m[4])
        answer[peer] = {
            "requests": len(requests),
            "responses": len(responses),
            "request_bytes": statistics.median(requests) if requests else 0,
            "response_bytes": statistics.median(responses) if responses else 0,
            "octets": sum(requests) + sum(responses),
            "request_sizes": sorted(set(requests)),
            "per_pair": pairs,
        }
    json.dump(answer, sys.stdout, indent=1)


if __name__ == "__main__":
    sys.exit(main())
