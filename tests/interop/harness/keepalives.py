"""Keepalives with a SIP server: CASE PORT FLOW.json. Exit: 0 as many as the flow says, 1 not.

    natping   PORT    the server sends 4 octets to each binding each second
    options   PORT    the server sends OPTIONS to each binding each second, and gets 200
    crlf      PORT    the client sends CRLF CRLF over TCP, and the server answers CRLF
    stun      PORT    the client sends binding requests over UDP, and the server answers
"""

import json
import os
import select
import socket
import sys
import time
import uuid

HOST = "127.0.0.1"
CLIENTS = 10
INTERVALS = 5
INTERVAL_S = 1.0


def register(udp, port, user):
    own = udp.getsockname()[1]
    address = f"<sip:{user}@{HOST}:{port}>"
    lines = [
        f"REGISTER sip:{HOST}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {HOST}:{own};branch=z9hG4bK{uuid.uuid4().hex}",
        "Max-Forwards: 70",
        f"From: {address};tag={uuid.uuid4().hex[:8]}",
        f"To: {address}",
        f"Call-ID: {uuid.uuid4().hex}",
        "CSeq: 1 REGISTER",
        f"Contact: <sip:{user}@{HOST}:{own}>",
        "Expires: 3600",
        "Content-Length: 0",
    ]
    udp.sendto("\r\n".join(lines + ["", ""]).encode(), (HOST, port))
    if b"200 OK" not in udp.recv(65535)[:20]:
        raise SystemExit("the registrar refuses")


def ok_to(request):
    head = [line for line in request.split(b"\r\n") if line.split(b":")[0] in
            (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
    return b"\r\n".join([b"SIP/2.0 200 OK", *head, b"Content-Length: 0", b"", b""])


def server_pings(port, answers):
    """Pings to each client in whole intervals, counted from half an interval before its first."""
    clients = []
    for number in range(CLIENTS):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((HOST, 0))
        udp.settimeout(2)
        register(udp, port, f"pinged{number}")
        clients.append(udp)
    arrivals, sizes, replies = {udp: [] for udp in clients}, set(), 0
    end = time.monotonic() + INTERVALS + 2.5
    while time.monotonic() < end:
        for udp in select.select(clients, [], [], 0.2)[0]:
            text, source = udp.recvfrom(65535)
            arrivals[udp].append(time.monotonic())
            sizes.add(len(text))
            if answers:
                udp.sendto(ok_to(text), source)
    inside = [
        sum(1 for at in times if at < times[0] + (INTERVALS - 0.5) * INTERVAL_S)
        for times in arrivals.values() if times
    ]
    replies = sum(inside) if answers else 0
    return sum(inside), replies, sizes


def client_pings(kind, port):
    """Requests and answers of clients that wait for each answer."""
    requests = answers = 0
    sizes = set()
    for _ in range(CLIENTS):
        family = socket.SOCK_STREAM if kind == "crlf" else socket.SOCK_DGRAM
        with socket.socket(socket.AF_INET, family) as client:
            client.connect((HOST, port))
            client.settimeout(2)
            for _ in range(INTERVALS):
                ping = b"\r\n\r\n"
                if kind == "stun":
                    ping = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + os.urandom(12)
                client.send(ping)
                requests += 1
                try:
                    answer = client.recv(2048)
                except TimeoutError:
                    continue
                answers += 1
                sizes.add(len(answer))
    return requests, answers, sizes


def main(kind, port, flow_file):
    with open(flow_file) as file:
        flow = json.load(file)
    if kind in ("natping", "options"):
        first, second, sizes = server_pings(int(port), kind == "options")
        names = ("pings of the server", "answers")
    else:
        first, second, sizes = client_pings(kind, int(port))
        names = ("pings of the client", "answers")
    flows = CLIENTS * INTERVALS
    rows = [(names[0], flows, first), (names[1], flows * (flow["messages"] - 1), second)]
    print(f"{kind}: {CLIENTS} endpoints, {INTERVALS} intervals, flow {flow['flow']}")
    for name, predicted, captured in rows:
        remark = "equal" if predicted == captured else "DIFFERENT"
        print(f"  {name:20} predicted {predicted:4}  counted {captured:4}  {remark}")
    print(f"  octets from the server: {sorted(sizes)}, not compared")
    return 0 if all(predicted == captured for _, predicted, captured in rows) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
