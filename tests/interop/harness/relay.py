"""One PCMU call through a running rtpengine, and what its relay receives and sends.

    relay.py plain     NG_PORT   caller - RTP - relay - RTP - callee
    relay.py encrypted NG_PORT   caller - RTP - relay - SRTP - relay - RTP - callee, two ng calls

Sends ten seconds' worth of a call in both directions, each packet only after the one before has
come out, so nothing is lost in a queue. Prints JSON: what was sent and what arrived.
"""

import json
import socket
import struct
import sys
import uuid

HOST = "127.0.0.1"
STREAM_S = 10
SAMPLES_PER_PACKET = 160  # RFC 3551 section 4.5.14: 8000 one-octet samples a second; 20 ms
PACKETS = STREAM_S * 8000 // SAMPLES_PER_PACKET
REPORTS = STREAM_S // 5  # RFC 3550 section 6.2: the minimum interval is 5 s
SUITE = "AES_CM_128_HMAC_SHA1_80"


# --- The ng protocol: bencoded dictionaries over UDP ---------------------------------------------


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        return bencode(value.encode())
    if isinstance(value, bytes):
        return b"%d:" % len(value) + value
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(k) + bencode(v) for k, v in sorted(value.items())) + b"e"


def bdecode(text, at=0):
    """The value at that place and the place behind it."""
    if text[at : at + 1] == b"i":
        end = text.index(b"e", at)
        return int(text[at + 1 : end]), end + 1
    if text[at : at + 1] in (b"l", b"d"):
        is_list, items, at = text[at : at + 1] == b"l", [], at + 1
        while text[at : at + 1] != b"e":
            item, at = bdecode(text, at)
            items.append(item)
        return (items if is_list else dict(zip(items[::2], items[1::2]))), at + 1
    colon = text.index(b":", at)
    end = colon + 1 + int(text[at:colon])
    return text[colon + 1 : end], end


class Relay:
    """An rtpengine, by its ng port."""

    def __init__(self, port):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect((HOST, port))
        self.udp.settimeout(5)

    def command(self, name, **arguments):
        cookie = uuid.uuid4().hex[:8].encode()
        request = {key.replace("_", "-"): value for key, value in arguments.items()}
        self.udp.send(cookie + b" " + bencode({"command": name, **request}))
        answer, _ = bdecode(self.udp.recv(65535).removeprefix(cookie + b" "))
        if answer[b"result"] not in (b"ok", b"pong"):
            raise SystemExit(f"rtpengine answers {name} with {answer}")
        return answer

    def offer(self, call, sdp, transport):
        answer = self.command(
            "offer", call_id=call, from_tag="caller", sdp=sdp, transport_protocol=transport,
            ICE="remove", DTLS="off", replace=["origin"],
        )  # fmt: skip
        return answer[b"sdp"].decode()

    def answer(self, call, sdp):
        answer = self.command(
            "answer", call_id=call, from_tag="caller", to_tag="callee", sdp=sdp,
            ICE="remove", DTLS="off", replace=["origin"],
        )  # fmt: skip
        return answer[b"sdp"].decode()


# --- A phone -------------------------------------------------------------------------------------


class Phone:
    """A source and sink of one PCMU stream and its RTCP, on two neighbouring ports."""

    def __init__(self, ssrc):
        self.rtp, self.rtcp = neighbouring_sockets()
        self.ssrc = ssrc
        self.sent = self.received = 0
        self.octets = set()  # sizes of the RTP packets received

    def sdp(self):
        return (
            f"v=0\r\no=- {self.ssrc} 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
            f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
            f"a=rtcp:{self.rtcp.getsockname()[1]}\r\na=ptime:20\r\n"
        )

    def call_by(self, sdp):
        """Sends from now on to where the SDP says."""
        port = next(int(line.split()[1]) for line in sdp.splitlines() if line.startswith("m=audio"))
        self.rtp_peer, self.rtcp_peer = (HOST, port), (HOST, port + 1)

    def send_rtp(self, number):
        # RFC 3550 section 5.1: V=2, payload type 0, sequence number, timestamp, SSRC
        header = struct.pack("!BBHII", 0x80, 0, number, number * SAMPLES_PER_PACKET, self.ssrc)
        self.rtp.sendto(header + b"\xff" * SAMPLES_PER_PACKET, self.rtp_peer)
        self.sent += 1

    def send_report(self, number):
        # RFC 3550 sections 6.4.1 and 6.5: a sender report without blocks, and a CNAME
        report = struct.pack("!BBHIQIII", 0x80, 200, 6, self.ssrc, number << 32, 0, number, number)
        cname = b"\x01\x06caller\x00\x00\x00\x00"
        source = struct.pack("!BBHI", 0x81, 202, 1 + len(cname) // 4, self.ssrc) + cname
        self.rtcp.sendto(report + source, self.rtcp_peer)
        self.sent += 1

    def receive(self, udp):
        try:
            datagram = udp.recv(65535)
        except TimeoutError:
            return
        self.received += 1
        if udp is self.rtp:
            self.octets.add(len(datagram))


def neighbouring_sockets():
    """RFC 3550 section 11: RTP at an even port, RTCP at the next."""
    for _ in range(1000):
        first = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        second = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        first.bind((HOST, 0))
        port = first.getsockname()[1]
        try:
            if port % 2 == 0:
                second.bind((HOST, port + 1))
                for udp in (first, second):
                    udp.settimeout(2)
                return first, second
        except OSError:
            pass
        first.close()
        second.close()
    raise SystemExit("no two neighbouring ports are free")


def with_suite(sdp, suite):
    """The offer as a phone reads it that knows this SRTP crypto suite only (RFC 4568)."""
    lines = sdp.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("a=crypto:") or suite in line)


# --- The call ------------------------------------------------------------------------------------


def set_up(relay, caller, callee, encrypted):
    if encrypted:
        offer = with_suite(relay.offer("first", caller.sdp(), "RTP/SAVP"), SUITE)
        callee.call_by(relay.offer("second", offer, "RTP/AVP"))
        caller.call_by(relay.answer("first", relay.answer("second", callee.sdp())))
    else:
        callee.call_by(relay.offer("first", caller.sdp(), "RTP/AVP"))
        caller.call_by(relay.answer("first", callee.sdp()))


def talk(caller, callee):
    for number in range(PACKETS):
        for phone, other in ((caller, callee), (callee, caller)):
            phone.send_rtp(number)
            other.receive(other.rtp)
    for number in range(REPORTS):
        for phone, other in ((caller, callee), (callee, caller)):
            phone.send_report(number)
            other.receive(other.rtcp)


def main(kind, ng_port):
    relay = Relay(int(ng_port))
    caller, callee = Phone(0x11111111), Phone(0x22222222)
    set_up(relay, caller, callee, encrypted=kind == "encrypted")
    talk(caller, callee)
    for call in ("first", "second") if kind == "encrypted" else ("first",):
        relay.command("delete", call_id=call, from_tag="caller", delete_delay=0)
    result = {
        "stream_s": STREAM_S,
        "relays": 2 if kind == "encrypted" else 1,
        "sent": caller.sent + callee.sent,
        "received": caller.received + callee.received,
        "rtp_octets": sorted(caller.octets | callee.octets),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
