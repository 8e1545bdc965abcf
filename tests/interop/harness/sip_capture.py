"""Reads a capture of the loopback interface: SIP over UDP and TCP, and what tshark says of it.

Messages are cut out of TCP here, by Content-Length, and counted by tshark too; `faults` tells where
the two differ, what tshark calls malformed, and each payload that it cannot read.
"""

import collections
import dataclasses
import re
import subprocess

FIELDS = (
    "udp.srcport udp.dstport udp.payload tcp.stream tcp.srcport tcp.dstport tcp.seq tcp.payload"
    " tls.record.content_type tls.record.opaque_type _ws.malformed _ws.expert.severity"
    " sip.Status-Code sip.Method _ws.expert.message"
).split()
EXPERT_ERROR = 8388608  # of tshark: the severity above warnings
APPLICATION_DATA = "23"  # of TLS


@dataclasses.dataclass
class Message:
    """One SIP message as it passed the server."""

    incoming: bool  # towards the server
    method: str  # of the request, or empty
    status: str  # of the response, or empty
    answers: str  # the method in CSeq
    branch: str  # of the topmost Via
    octets: int
    peer: str  # the port at the other end
    from_user: str
    text: str
    transport: str  # udp or tcp
    run: str  # the last mark before it

    @property
    def name(self):
        return self.method or self.status


@dataclasses.dataclass
class Capture:
    messages: list = dataclasses.field(default_factory=list)
    faults: list = dataclasses.field(default_factory=list)
    # of the TLS ports, by (run, incoming)
    records: collections.Counter = dataclasses.field(default_factory=collections.Counter)


@dataclasses.dataclass
class Stream:
    """One direction of a TCP connection."""

    next_octet: int = 1
    waiting: bytes = b""


def header(text, names):
    found = re.search(rf"^(?:{names})[ \t]*:[ \t]*(.*?)\r$", text, re.IGNORECASE | re.MULTILINE)
    return found.group(1) if found else ""


def to_message(octets, **rest):
    """None where the octets do not begin as a SIP message does."""
    text = octets.decode("latin-1")
    first = text.split("\r\n", 1)[0].split(" ")
    if len(first) < 3 or "SIP/2.0" not in (first[0], first[-1]):
        return None
    is_response = first[0] == "SIP/2.0"
    branch = re.search(r";branch=([^;,\s]*)", header(text, "Via|v"))
    user = re.search(r"sips?:([^@>;]*)@", header(text, "From|f"))
    return Message(
        method="" if is_response else first[0],
        status=first[1] if is_response else "",
        answers=header(text, "CSeq").split(" ")[-1],
        branch=branch.group(1) if branch else "",
        octets=len(octets),
        from_user=user.group(1) if user else "",
        text=text,
        **rest,
    )


def take_messages(stream):
    """The whole messages at the front of what a stream has brought; keepalives between them go."""
    while True:
        stream.waiting = stream.waiting.lstrip(b"\r\n")
        head_octets = stream.waiting.find(b"\r\n\r\n") + 4
        if head_octets < 4:
            return
        head = stream.waiting[: head_octets - 2].decode("latin-1")
        octets = head_octets + int(header(head, "Content-Length|l") or 0)
        if len(stream.waiting) < octets:
            return
        yield stream.waiting[:octets]
        stream.waiting = stream.waiting[octets:]


class Reader:
    def __init__(self, ports, tls_ports, far_ports, mark_port):
        self.ports = {str(port) for port in ports}
        self.tls_ports = {str(port) for port in tls_ports}
        self.far_ports = {str(port) for port in far_ports} - self.ports
        self.mark_port = str(mark_port)
        self.capture = Capture()
        self.streams = collections.defaultdict(Stream)
        self.run = ""
        self.seen_by_tshark = 0

    def read(self, path):
        command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|"]
        for port in self.ports | self.far_ports:
            command += ["-d", f"udp.port=={port},sip", "-d", f"tcp.port=={port},sip"]
        for port in self.tls_ports:
            command += ["-d", f"tcp.port=={port},tls"]
        for field in FIELDS:
            command += ["-e", field]
        output = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ).stdout.decode("latin-1")
        for number, line in enumerate(output.rstrip("\n").split("\n"), 1):
            row = dict.fromkeys(FIELDS, "")
            self.take_frame(number, {**row, **dict(zip(FIELDS, line.split("|")))})
        self.finish()
        return self.capture

    def take_frame(self, number, row):
        if self.mark_port in (row["udp.dstport"], row["udp.srcport"]):
            if row["udp.dstport"] == self.mark_port and row["udp.payload"]:
                self.run = bytes.fromhex(row["udp.payload"]).decode()
            return
        self.note_faults(number, row)
        transport = "udp" if row["udp.dstport"] else "tcp"
        ends = row[f"{transport}.srcport"], row[f"{transport}.dstport"]
        if self.tls_ports.intersection(ends):
            types = row["tls.record.content_type"].split(",")
            types += row["tls.record.opaque_type"].split(",")  # of TLS 1.3
            key = self.run, ends[1] in self.tls_ports
            self.capture.records[key] += types.count(APPLICATION_DATA)
            return
        self.seen_by_tshark += len([m for m in row["sip.Method"].split(",") if m])
        self.seen_by_tshark += len([s for s in row["sip.Status-Code"].split(",") if s])
        payload = bytes.fromhex(row[f"{transport}.payload"])
        if not payload:
            return
        if transport == "udp":
            self.keep(payload, transport, ends, number)
        else:
            self.take_segment(payload, row, ends, number)

    def take_segment(self, payload, row, ends, number):
        stream = self.streams[row["tcp.stream"], ends]
        first = int(row["tcp.seq"])
        if first > stream.next_octet:
            self.capture.faults.append(f"frame {number}: octets before it are missing")
        payload = payload[max(stream.next_octet - first, 0) :]
        stream.next_octet = max(stream.next_octet, first) + len(payload)
        stream.waiting += payload
        for octets in take_messages(stream):
            self.keep(octets, "tcp", ends, number)

    def note_faults(self, number, row):
        severities = [int(s) for s in row["_ws.expert.severity"].split(",") if s.isdigit()]
        if row["_ws.malformed"] or max(severities, default=0) >= EXPERT_ERROR:
            self.capture.faults.append(f"frame {number}: {row['_ws.expert.message']}")

    def keep(self, octets, transport, ends, number):
        source, destination = ends
        incoming = destination in self.ports or source in self.far_ports
        message = to_message(
            octets,
            incoming=incoming,
            peer=source if incoming else destination,
            transport=transport,
            run=self.run,
        )
        if message:
            self.capture.messages.append(message)
        else:
            self.capture.faults.append(f"frame {number}: no SIP message: {octets[:40]!r}")

    def finish(self):
        for (_, ends), stream in self.streams.items():
            if stream.waiting:
                self.capture.faults.append(f"port {ends[0]} sent an unfinished message")
        if self.seen_by_tshark != len(self.capture.messages):
            self.capture.faults.append(
                f"tshark sees {self.seen_by_tshark} messages, not {len(self.capture.messages)}"
            )


def read_capture(path, ports, mark_port, tls_ports=(), far_ports=()):
    """What passed a server at `ports`; `far_ports` are of those that it connects to itself."""
    return Reader(ports, tls_ports, far_ports, mark_port).read(path)
