"""A scanner over UDP, and what its requests cost Kamailio.

    unwanted.py send PORT HANDLING NUMBER    as many requests, and the answers they get, counted
    unwanted.py measure PORT ID ROUNDS       CPU of each handling: CSV on stdout

The source address chooses the handling, as the configuration says. CPU is that of the process group
ID and has no softirq in it, which on loopback is the sender's. The host's speed drifts, so each
slice stands between two of REGISTER refreshes, the yardstick, and its ratio to them counts.
"""

import csv
import os
import pathlib
import socket
import statistics
import sys
import uuid

SOURCES = {
    "refresh": "127.0.0.1",
    "dropped_by_block_list": "127.0.0.9",
    "challenged": "127.0.0.10",
    "answered": "127.0.0.11",
}
YARDSTICK_S = 31.2e-6  # REGISTER refresh, pipelined: kamailio-5.6-measurement-2026-11
IN_FLIGHT = 16
SLICE = 4000  # messages
BURST = 63  # unanswered ones before a refresh that shows they are done
USERS = 200


class Sender:
    """Requests of one source address."""

    def __init__(self, port, handling):
        self.port, self.source = port, SOURCES[handling]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((self.source, 0))
        self.udp.settimeout(2)
        self.udp.connect(("127.0.0.1", port))
        self.own_port = self.udp.getsockname()[1]
        self.number = 0

    def request(self):
        """A desk phone's REGISTER; a scanner sends the same to get at a password."""
        self.number += 1
        user = f"user{self.number % USERS}"
        here, there = f"{self.source}:{self.own_port}", f"127.0.0.1:{self.port}"
        lines = [
            f"REGISTER sip:{there} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{uuid.uuid4().hex};rport",
            "Max-Forwards: 70",
            f"From: <sip:{user}@{there}>;tag={self.number:08x}",
            f"To: <sip:{user}@{there}>",
            f"Call-ID: {user}-{self.own_port}@{self.source}",
            f"CSeq: {self.number} REGISTER",
            f"Contact: <sip:{user}@{here}>",
            "Expires: 3600",
            "Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE",
            "User-Agent: busyhour-interop",
            "Content-Length: 0",
        ]
        return "\r\n".join(lines + ["", ""]).encode()

    def exchange(self, number):
        """So many requests, IN_FLIGHT at once, each with its answer."""
        requests = [self.request() for _ in range(number)]
        for place, request in enumerate(requests):
            if place >= IN_FLIGHT:
                self.udp.recv(65535)
            self.udp.send(request)
        for _ in range(min(IN_FLIGHT, number)):
            self.udp.recv(65535)

    def answers(self):
        """How many answers have come."""
        self.udp.settimeout(0.3)
        number = 0
        try:
            while True:
                self.udp.recv(65535)
                number += 1
        except TimeoutError:
            return number


def cpu_s(processes):
    texts = (pathlib.Path(f"/proc/{process}/schedstat").read_text() for process in processes)
    return sum(int(text.split()[0]) for text in texts) / 1e9


def processes_of(group):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(path.name)) == group:
                found.append(int(path.name))
        except ProcessLookupError:
            pass
    return found


def slice_cost_s(processes, sender, number):
    begin_s = cpu_s(processes)
    sender.exchange(number)
    return (cpu_s(processes) - begin_s) / number


def dropped_cost_s(processes, sender, refresher, refresh_cost_s):
    """Of one dropped request: a refresh behind each burst shows that the server has done it."""
    bursts = SLICE // BURST
    requests = [[sender.request() for _ in range(BURST)] for _ in range(bursts)]
    begin_s = cpu_s(processes)
    for burst in requests:
        for request in burst:
            sender.udp.send(request)
        refresher.exchange(1)
    return (cpu_s(processes) - begin_s - bursts * refresh_cost_s) / (bursts * BURST)


def measure(port, group, rounds):
    processes = processes_of(group)
    senders = {handling: Sender(port, handling) for handling in SOURCES}
    refresher = senders["refresh"]
    refresher.exchange(SLICE)
    rows = []
    for turn in range(rounds):
        for handling, sender in senders.items():
            before_s = slice_cost_s(processes, refresher, SLICE)
            if handling == "dropped_by_block_list":
                cost_s = dropped_cost_s(processes, sender, refresher, before_s)
            else:
                cost_s = slice_cost_s(processes, sender, SLICE)
            yardstick_s = (before_s + slice_cost_s(processes, refresher, SLICE)) / 2
            rows.append((handling, turn, cost_s, yardstick_s, cost_s / yardstick_s))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow("handling round cpu_us refresh_us ratio cpu_at_yardstick_us".split())
    for handling, turn, cost_s, yardstick_s, ratio in rows:
        row = [f"{value * 1e6:.2f}" for value in (cost_s, yardstick_s)]
        writer.writerow([handling, turn] + row + [f"{ratio:.4f}", f"{ratio * YARDSTICK_S * 1e6:.2f}"])
    for handling in senders:
        ratios = sorted(row[4] for row in rows if row[0] == handling)
        median = statistics.median(ratios)
        print(
            f"{handling:22} {median * YARDSTICK_S * 1e6:6.2f} us"
            f"  ({ratios[0] * YARDSTICK_S * 1e6:.2f} to {ratios[-1] * YARDSTICK_S * 1e6:.2f}),"
            f" {median:.3f} of a refresh",
            file=sys.stderr,
        )


def send(port, handling, number):
    sender = Sender(port, handling)
    for _ in range(number):
        sender.udp.send(sender.request())
    print(sender.answers())


def main(command, port, *arguments):
    if command == "measure":
        group, rounds = map(int, arguments)
        measure(int(port), group, rounds)
    else:
        handling, number = arguments
        send(int(port), handling, int(number))


if __name__ == "__main__":
    main(*sys.argv[1:])
