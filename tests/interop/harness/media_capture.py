"""Reads what passes a media relay out of a capture, and follows each stream through it."""

import collections
import dataclasses
import subprocess

FIELDS = "udp.srcport udp.dstport ip.src ip.dst ip.len udp.payload".split()


@dataclasses.dataclass(frozen=True)
class Packet:
    """A datagram on one side of the relay; addresses are (IP, port)."""

    source: tuple
    destination: tuple
    is_in: bool  # to the relay
    ip_octets: int
    udp: bytes

    @property
    def is_rtcp(self):
        return len(self.udp) > 1 and 192 <= self.udp[1] <= 223  # RFC 5761 section 4

    @property
    def ssrc(self):
        return self.udp[8:12]  # RFC 3550 section 5.1

    @property
    def number(self):
        """Payload type, sequence number, timestamp and SSRC."""
        return self.udp[1:12]

    @property
    def payload(self):
        return self.udp[12:]  # no CSRC, no extension


def read_packets(path, first_port, last_port):
    """All from or to the ports of the relay, in order."""
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|"]
    for field in FIELDS:
        command += ["-e", field]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    packets = []
    for line in done.stdout.decode().splitlines():
        from_port, to_port, from_ip, to_ip, octets, payload = line.split("|")
        source, destination = (from_ip, int(from_port)), (to_ip, int(to_port))
        is_in = first_port <= destination[1] <= last_port
        if is_in or first_port <= source[1] <= last_port:
            udp = bytes.fromhex(payload.replace(":", ""))
            packets.append(Packet(source, destination, is_in, int(octets), udp))
    return packets


@dataclasses.dataclass
class Stream:
    """The RTP packets of one SSRC before and behind the relay."""

    before: list = dataclasses.field(default_factory=list)
    behind: list = dataclasses.field(default_factory=list)

    @property
    def path(self):
        """Sender, the relay's two ports, receiver; None where there is more than one way."""
        ways_in = {(packet.source, packet.destination) for packet in self.before}
        ways_out = {(packet.source, packet.destination) for packet in self.behind}
        if len(ways_in) != 1 or len(ways_out) != 1:
            return None
        return (*ways_in.pop(), *ways_out.pop())

    @property
    def is_passed_in_order(self):
        """Each packet once, in the order in which it came, and nothing else."""
        return [p.number for p in self.before] == [p.number for p in self.behind]

    @property
    def is_unchanged(self):
        return [p.udp for p in self.before] == [p.udp for p in self.behind]


def streams_of(packets):
    """By SSRC."""
    streams = collections.defaultdict(Stream)
    for packet in packets:
        if not packet.is_rtcp:
            stream = streams[packet.ssrc]
            (stream.before if packet.is_in else stream.behind).append(packet)
    return streams


def calls_of(streams):
    """The number of pairs of streams that go the same way in opposite directions."""
    paths = {stream.path for stream in streams.values()} - {None}
    return sum(1 for path in paths if path[::-1] in paths) // 2
