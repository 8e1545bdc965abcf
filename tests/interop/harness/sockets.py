"""Small things over sockets: free ports, and one SIP request with its answer.

    sockets.py free-ports N           N ports free on 127.0.0.1, for UDP and TCP, one line
    sockets.py free-range N           the first and last of N ports in a row that are free
    sockets.py options PORT           succeeds if a SIP server at PORT answers OPTIONS with 200
    sockets.py register PORT USER AT  binds sip:USER to 127.0.0.1:AT at the registrar at PORT
"""

import random
import socket
import sys
import uuid

HOST = "127.0.0.1"
KINDS = (socket.SOCK_DGRAM, socket.SOCK_STREAM)


def free_ports(number):
    """Below the ports that the system hands out by itself, so that none is taken meanwhile."""
    ports = []
    for port in random.sample(range(10000, 32000), 1000):
        if all(is_free(port, kind) for kind in KINDS):
            ports.append(port)
            if len(ports) == number:
                return ports
    raise SystemExit(f"no {number} ports are free")


def is_free(port, kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_range(number):
    """Ports in a row, the first of them even."""
    for first in random.sample(range(10000, 32000, number), 100):
        ports = range(first, first + number)
        if all(is_free(port, kind) for port in ports for kind in KINDS):
            return first, ports[-1]
    raise SystemExit(f"no {number} ports in a row are free")


def status_of(method, port, user, contact_port=None):
    """The status code that the server at `port` answers one request with."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((HOST, 0))
        udp.settimeout(1)
        own_port = udp.getsockname()[1]
        address = f"sip:{user}@{HOST}:{port}" if user else f"sip:{HOST}:{port}"
        lines = [
            f"{method} sip:{HOST}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{own_port};branch=z9hG4bK{uuid.uuid4().hex}",
            "Max-Forwards: 70",
            f"From: <{address}>;tag={uuid.uuid4().hex[:8]}",
            f"To: <{address}>",
            f"Call-ID: {uuid.uuid4().hex}",
            f"CSeq: 1 {method}",
        ]
        if contact_port:
            lines += [f"Contact: <sip:{user}@{HOST}:{contact_port}>", "Expires: 3600"]
        lines += ["Content-Length: 0", "", ""]
        udp.sendto("\r\n".join(lines).encode(), (HOST, port))
        return int(udp.recv(65535).split()[1])


def main(command, *arguments):
    if command == "free-ports":
        print(*free_ports(int(arguments[0])))
        return 0
    if command == "free-range":
        print(*free_range(int(arguments[0])))
        return 0
    try:
        if command == "options":
            status = status_of("OPTIONS", int(arguments[0]), user=None)
        else:
            port, user, contact_port = arguments
            status = status_of("REGISTER", int(port), user, int(contact_port))
    except OSError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 1
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
