"""Strangers at the ports of a media relay. Prints, as JSON, how many datagrams of each kind it sent.

    media_abuse.py FIRST LAST SECONDS [--ringing-s S] [--spoof]

They hear the calls (a packet socket on the loopback interface) and send to each leg that talks: from
127.0.0.9, and from other ports of 127.0.0.1, packets with its own and other SSRCs, copies, cut, too
long, of other versions, RTCP, noise. Before, for --ringing-s, streams of RTP to every port, so that
they are there when it opens. With --spoof, from the very address of the far end, what a relay can
tell to be none of it: on SRTP legs copies and forgeries, on all of them what is no RTP.

RTCP's own port is left to 127.0.0.9: behind an end's address its first sender is believed.
"""

import argparse
import collections
import json
import random
import socket
import struct
import time

HOST, STRANGER = "127.0.0.1", "127.0.0.9"
TURN_S = 0.02
PORTS_A_TURN = 8
SRTP_OCTETS = 12 + 160 + 10  # RFC 3711: a tag of 80 bits
ETH_P_IP, OUTGOING = 0x0800, 4
rng = random.Random(5)


# --- What they send, made of a packet of the call ------------------------------------------------


def with_header(packet, octets, sequence_step=0, ssrc=None):
    """An RTP packet of so many octets that could be of the same stream."""
    sequence = (int.from_bytes(packet[2:4], "big") + sequence_step) & 0xFFFF
    header = packet[:2] + sequence.to_bytes(2, "big") + packet[4:8] + (ssrc or packet[8:12])
    return header + rng.randbytes(octets - 12)


def in_a_row(packet):
    return [with_header(packet, 172, step) for step in range(1, 7)]


def in_a_row_of_another(packet):
    ssrc = rng.randbytes(4)
    return [with_header(packet, 172, step, ssrc) for step in range(1, 7)]


def copies(packet):
    return [packet, packet]


def cut(packet):
    return [packet[:octets] for octets in range(12)]


def long(packet):
    return [with_header(packet, rng.choice((1473, 2048, 2049, 9000, 65000)))]


def too_long(packet):
    return [with_header(packet, 65000)]


def other_versions(packet):
    return [bytes([version << 6]) + packet[1:] for version in (0, 1, 3)]


def rtcp(packet):
    """RFC 3550 section 6.4: a sender report and a BYE of the call's own SSRC."""
    report = struct.pack("!BBH", 0x80, 200, 6) + packet[8:12] + rng.randbytes(20)
    return [report, report + struct.pack("!BBH", 0x81, 203, 1) + packet[8:12]]


def noise(_):
    return [rng.randbytes(rng.randrange(1, 1400)) for _ in range(3)]


def noise_of_no_version(_):
    return [b"\xff" + rng.randbytes(rng.randrange(1400)) for _ in range(3)]


def handshakes(_):
    """RFC 5764 section 5.1.2: STUN and DTLS by their first octet."""
    return [bytes([first]) + rng.randbytes(99) for first in (0, 3, 20, 22, 63)]


def forged(packet):
    """A bit changed somewhere, the tag included; another packet under the same header."""
    octets = bytearray(packet)
    octets[rng.randrange(12, len(packet))] ^= 1 << rng.randrange(8)
    return [bytes(octets), with_header(packet, len(packet), 1), with_header(packet, len(packet), 300)]


TO_RTP = (in_a_row, in_a_row_of_another, copies, cut, long, other_versions, rtcp, noise, handshakes)
TO_RTCP = (rtcp, noise, cut)
SPOOFED = (cut, too_long, noise_of_no_version)
SPOOFED_SRTP = (copies, forged, *SPOOFED)


# --- How -----------------------------------------------------------------------------------------


class Ear:
    """The last RTP packet to each port of the relay, and who sent it."""

    def __init__(self, ports, own_ports):
        self.ports, self.own_ports = ports, own_ports
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("lo", ETH_P_IP))
        self.socket.setblocking(False)
        self.heard = {}

    def listen(self):
        while True:
            try:
                frame, (_, _, kind, *_) = self.socket.recvfrom(400)
            except BlockingIOError:
                return
            if kind == OUTGOING or len(frame) < 28 + 12 or frame[9] != socket.IPPROTO_UDP:
                continue
            source, destination, octets = struct.unpack_from("!HHH", frame, 20)
            is_call = frame[12:16] == socket.inet_aton(HOST) and source not in self.own_ports
            if destination in self.ports and is_call and octets - 8 == len(frame) - 28:
                if destination % 2 == 0 and not 192 <= frame[29] <= 223:
                    self.heard[destination] = (source, frame[28:])


class Strangers:
    def __init__(self, ports):
        self.ports = ports
        self.sent = collections.Counter()
        self.far, self.near = ([self.open(ip) for _ in range(4)] for ip in (STRANGER, HOST))
        own_ports = {udp.getsockname()[1] for udp in self.far + self.near}
        self.ear = Ear(ports, own_ports)
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    @staticmethod
    def open(ip):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((ip, 0))
        return udp

    def send(self, udp, kind, packet, port):
        for datagram in kind(packet):
            udp.sendto(datagram, (HOST, port))
            self.sent[kind.__name__] += 1

    def send_as(self, source, kind, packet, port):
        """The system fills the rest of the IP header in; RFC 768: no checksum."""
        address = socket.inet_aton(HOST)
        for datagram in kind(packet):
            ip = struct.pack("!BBHHHBBH", 0x45, 0, 0, 0, 0, 64, socket.IPPROTO_UDP, 0) + address * 2
            udp = struct.pack("!HHHH", source, port, 8 + len(datagram), 0)
            self.raw.sendto(ip + udp + datagram, (HOST, 0))
            self.sent[f"spoofed {kind.__name__}"] += 1

    def ring(self):
        """Streams of RTP to every port."""
        packet = struct.pack("!BBHII", 0x80, 0, rng.randrange(65000), 0, 0) + bytes(160)
        for port in self.ports[::2]:
            self.send(rng.choice(self.far + self.near), in_a_row_of_another, packet, port)

    def disturb(self, is_spoofing):
        heard = self.ear.heard
        for port in rng.sample(sorted(heard), min(PORTS_A_TURN, len(heard))):
            source, packet = heard[port]
            self.send(rng.choice(self.far + self.near), rng.choice(TO_RTP), packet, port)
            self.send(rng.choice(self.far), rng.choice(TO_RTCP), packet, port + 1)
            if is_spoofing:
                kinds = SPOOFED_SRTP if len(packet) == SRTP_OCTETS else SPOOFED
                self.send_as(source, rng.choice(kinds), packet, port)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--ringing-s", type=float, default=0)
    parser.add_argument("--spoof", action="store_true")
    options = parser.parse_args()
    strangers = Strangers(range(options.first, options.last + 1))
    start = time.monotonic()
    while time.monotonic() < start + options.ringing_s:
        strangers.ring()
        time.sleep(TURN_S)
    ringing = strangers.sent.total()
    while time.monotonic() < start + options.ringing_s + options.seconds:
        strangers.ear.listen()
        strangers.disturb(options.spoof)
        time.sleep(TURN_S)
    disturbing = strangers.sent.total() - ringing
    print(json.dumps({"ringing": ringing, "disturbing": disturbing, "legs": len(strangers.ear.heard),
                      "sent": strangers.sent}))  # fmt: skip


if __name__ == "__main__":
    main()
