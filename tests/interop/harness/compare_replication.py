"""Compares counted DMQ messages with calc replication: PREDICTED COUNTED WHAT PEER KEY.

Requests and answers exactly. Exit: 0 equal, 1 not.
"""

import json
import sys

INTERVALS = 3  # of pings that were counted
PING_S = 5


def main(predicted_file, counted_file, what, peer, key):
    with open(predicted_file) as predicted, open(counted_file) as counted:
        predicted, all_counted = json.load(predicted), json.load(counted)
    counted = all_counted.get(peer, {"requests": 0, "responses": 0, "octets": 0})
    expected = predicted[key]
    if peer == "notification_peer":
        expected *= INTERVALS * PING_S
    if key == "sync_requests" and predicted["nodes"] == 2:
        expected += 1  # the first node had nobody to ask: it asks the second, which has nothing
    equal = abs(expected - counted["requests"]) < 1e-6
    equal = equal and counted["requests"] == counted["responses"]
    nodes = predicted["nodes"]
    print(
        f"{nodes} nodes: {what:21} requests predicted {expected:6g}  captured"
        f" {counted['requests']:4}  answers {counted['responses']:4}"
        f"  {'equal' if equal else 'DIFFERENT'}  octets {counted['octets']}"
    )
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
