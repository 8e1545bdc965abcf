"""Peers that a server must survive, each for so many seconds; tells what it did in one line.

    abuse.py garbage PORT SECONDS    datagrams that are no SIP, or nearly: 5000 a second
    abuse.py idle PORT SECONDS       300 TCP connections that say nothing
    abuse.py slow PORT SECONDS       50 TCP connections that send a request an octet at a time
    abuse.py endless PORT SECONDS    20 TCP connections whose header never ends, and bodies of 4 GB
    abuse.py unread PORT SECONDS     20 TCP connections that ask and never read the answers
    abuse.py handshakes PORT SECONDS 300 connections at a TLS port, silent or with garbage
"""

import random
import resource
import selectors
import socket
import sys
import time

HOST = "127.0.0.1"
REQUEST = (
    "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
    "Via: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bK-slow;rport\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:slow@127.0.0.1>;tag=1\r\nTo: <sip:slow@127.0.0.1>\r\n"
    "Call-ID: slow\r\nCSeq: 1 REGISTER\r\nContact: <sip:slow@127.0.0.1:5999>\r\n"
    "Content-Length: 0\r\n\r\n"
).encode()
PAUSE_S = 0.02
rng = random.Random(4)


def damaged():
    """A request with some octets changed, cut short, or nothing but noise."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 1400))
    octets = bytearray(REQUEST)
    if kind == 1:
        return bytes(octets[: rng.randrange(1, len(octets))])
    for _ in range(rng.randrange(1, 30)):
        octets[rng.randrange(len(octets))] = rng.randrange(256)
    return bytes(octets) * (1 if kind == 2 else rng.randrange(1, 6))


def turns(seconds):
    """Short pauses until the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(PAUSE_S)


def connections(port, number):
    opened = []
    for _ in range(number):
        stream = socket.create_connection((HOST, port), timeout=10)
        stream.setblocking(False)
        opened.append(stream)
    return opened


def push(streams, octets_of):
    """Sends to each what it takes; those that the server has ended go."""
    alive = []
    for stream in streams:
        try:
            stream.send(octets_of(stream))
        except BlockingIOError:
            pass
        except OSError:
            continue
        alive.append(stream)
    return alive


def ended_by_server(streams, seconds):
    """How many of them the server ends within the time; what else it says is dropped."""
    selector = selectors.DefaultSelector()
    for stream in streams:
        selector.register(stream, selectors.EVENT_READ)
    end = time.monotonic() + seconds
    while selector.get_map() and time.monotonic() < end:
        for key, _ in selector.select(PAUSE_S):
            try:
                if key.fileobj.recv(65536):
                    continue
            except OSError:
                pass
            selector.unregister(key.fileobj)
    return len(streams) - len(selector.get_map())


def garbage(port, seconds):
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
    payloads = [damaged() for _ in range(500)]
    sent = 0
    for _ in turns(seconds):
        for _ in range(int(5000 * PAUSE_S)):
            sockets[sent % 20].sendto(payloads[sent % 500], (HOST, port))
            sent += 1
    return f"{sent} datagrams"


def idle(port, seconds):
    streams = connections(port, 300)
    return f"300 connections, {ended_by_server(streams, seconds)} ended by the server"


def slow(port, seconds):
    streams = connections(port, 50)
    place = 0
    for _ in turns(seconds):
        octet = REQUEST[place % 100 : place % 100 + 1]
        streams = push(streams, lambda _: octet)
        place += 1
    return f"50 connections, {place} octets each, {50 - len(streams)} ended by the server"


def endless(port, seconds):
    streams = connections(port, 20)
    headers = REQUEST[: REQUEST.index(b"Content-Length")]
    begun = set()

    def octets_of(stream):
        number = streams.index(stream)
        if number not in begun:
            begun.add(number)
            if number % 2:
                return headers + b"Content-Length: 4000000000\r\n\r\n"
            return headers
        return b"X-Filler: " + b"x" * 8000 + b"\r\n"

    alive = streams
    for _ in turns(seconds):
        alive = push(alive, octets_of)
    return f"20 connections, {20 - len(alive)} ended by the server"


def unread(port, seconds):
    streams = connections(port, 20)
    for stream in streams:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    alive = streams
    for _ in turns(3 * seconds):  # a slow host takes longer to fill the buffers on the way
        alive = push(alive, lambda _: REQUEST * 50)
        if not alive:
            break
    return f"20 connections, {20 - len(alive)} ended by the server"


def handshakes(port, seconds):
    streams = connections(port, 300)
    push(streams[::3], lambda _: rng.randbytes(400))
    push(streams[1::3], lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    return f"300 connections, {ended_by_server(streams, seconds)} ended by the server"


def main(attack, port, seconds):
    attacks = {f.__name__: f for f in (garbage, idle, slow, endless, unread, handshakes)}
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(f"{attack}: {attacks[attack](int(port), float(seconds))}")


if __name__ == "__main__":
    main(*sys.argv[1:])
