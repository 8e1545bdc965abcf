"""Small things over sockets: free ports, and one SIP request with its answer.

    sockets.py free-ports N           N ports free on 127.0.0.1, for UDP and TCP, one line
    sockets.py free-range N           the first and last of N ports in a row that are free; none
                                      of them is ever one of free-ports
    sockets.py options PORT           succeeds if a SIP server at PORT answers OPTIONS with 200
    sockets.py register PORT USER AT [TRANSPORT]
                                      binds sip:USER to 127.0.0.1:AT alone at the registrar at PORT;
                                      if that asks for it, the password is "secret-" and the user
"""

import hashlib
import random
import re
import socket
import sys
import uuid

HOST = "127.0.0.1"
KINDS = (socket.SOCK_DGRAM, socket.SOCK_STREAM)


def free_ports(number):
    """Below the ports that the system hands out by itself, so that none is taken meanwhile."""
    ports = []
    for port in random.sample(range(10000, 20000), 1000):
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
    """Ports in a row, the first of them even; below the ports of the generator's media."""
    firsts = range(20000, 30000 - number, number)
    for first in random.sample(firsts, len(firsts)):
        ports = range(first, first + number)
        if all(is_free(port, kind) for port in ports for kind in KINDS):
            return first, ports[-1]
    raise SystemExit(f"no {number} ports in a row are free")


class Request:
    """One request to the server at `port`, sent again with credentials where it asks for them."""

    def __init__(self, method, port, user=None, contact=None):
        self.method = method
        self.port = port
        self.user = user
        self.contact = contact
        self.call_id = uuid.uuid4().hex
        self.number = 0

    def lines(self, own_port, credentials):
        self.number += 1
        address = f"sip:{self.user}@{HOST}:{self.port}" if self.user else f"sip:{HOST}:{self.port}"
        lines = [
            f"{self.method} sip:{HOST}:{self.port} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{own_port};branch=z9hG4bK{uuid.uuid4().hex}",
            "Max-Forwards: 70",
            f"From: <{address}>;tag={uuid.uuid4().hex[:8]}",
            f"To: <{address}>",
            f"Call-ID: {self.call_id}",
            f"CSeq: {self.number} {self.method}",
        ]
        if self.contact:
            is_any = self.contact == "*"
            lines.append("Contact: *" if is_any else f"Contact: <{self.contact}>")
            lines.append(f"Expires: {0 if is_any else 3600}")
        return lines + credentials + ["Content-Length: 0", "", ""]

    def credentials(self, answer):
        """For the challenge that names MD5, RFC 2617 without a quality of protection."""
        challenges = re.findall(r"^WWW-Authenticate: Digest (.*)\r$", answer, re.MULTILINE)
        challenge = next(c for c in challenges if "SHA-256" not in c)
        realm, nonce = (re.search(rf'{k}="([^"]*)"', challenge).group(1) for k in ("realm", "nonce"))
        uri = f"sip:{HOST}:{self.port}"
        secret = md5(f"{self.user}:{realm}:secret-{self.user}")
        counted = ":00000001:interop:auth:" if "qop" in challenge else ":"
        response = md5(f"{secret}:{nonce}{counted}{md5(f'{self.method}:{uri}')}")
        text = f'Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}"'
        text += f', response="{response}", algorithm=MD5'
        text += ', qop=auth, nc=00000001, cnonce="interop"' if "qop" in challenge else ""
        return [f"Authorization: {text}"]

    def status(self):
        """The status code of the final answer."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind((HOST, 0))
            udp.settimeout(1)
            credentials = []
            while True:
                lines = self.lines(udp.getsockname()[1], credentials)
                udp.sendto("\r\n".join(lines).encode(), (HOST, self.port))
                answer = udp.recv(65535).decode()
                status = int(answer.split()[1])
                if status != 401 or credentials:
                    return status
                credentials = self.credentials(answer)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def main(command, *arguments):
    if command == "free-ports":
        print(*free_ports(int(arguments[0])))
        return 0
    if command == "free-range":
        print(*free_range(int(arguments[0])))
        return 0
    try:
        if command == "options":
            status = Request("OPTIONS", int(arguments[0])).status()
        else:
            port, user, contact_port, *transport = arguments
            contact = f"sip:{user}@{HOST}:{contact_port}"
            contact += f";transport={transport[0]}" if transport else ""
            Request("REGISTER", int(port), user, "*").status()
            status = Request("REGISTER", int(port), user, contact).status()
    except OSError as error:
        print(f"{command}: {error}", file=sys.stderr)
        return 1
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
