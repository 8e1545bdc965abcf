"""Holds calls with media to a capture at the relay, to tshark, to the model and to the relay's count.

    compare_media.py --name NAME --result FILE [--capture FILE --ports A B --rtp FILE [--srtp FILE]
                     [--summary FILE] [--statistics FILE]]

Without a capture, only what the ends of the calls say is looked at. The result is of `busyhour load call --media` or of `busyhour load rtp`. Exit: 0 equal; 1 not equal;
4 not equal, but void: packets left so late that the call may have been over before, or another
program had taken the relay's ports.
"""

import argparse
import collections
import json
import sys

import compare_rtp
import media_capture

VOID = 4
LATE_S = 0.03  # half the silence between the last packet and BYE
FAULTS = "lost out_of_order duplicates corrupt".split()


def read_json(path):
    with open(path) as file:
        return json.load(file)


class Result:
    """What the generator says, in one form for both of its flows."""

    def __init__(self, path):
        result = read_json(path)
        self.is_sip = result["flow"] != "rtp"
        self.void = result["void"]
        self.succeeded = result["succeeded"]
        media = result["media"] if self.is_sip else result["packets"]
        self.faults = sum(media[key] for key in FAULTS)
        if self.is_sip:
            self.calls, self.retransmissions = result["offered"], result["retransmissions"]
            self.faults += sum(media[k] for k in ("deaf_ends", "undescribed_ends", "send_failures"))
            self.strangers = media["stray"]
            self.late_s = media["send_lateness_s"]["max"]
            self.sent, self.received = media["rtp_sent"], media["rtp_received"]
            self.octets = media["udp_octets_sent"], media["udp_octets_received"]
            self.rtcp = media["rtcp_sent"], media["rtcp_received"]
        else:
            self.calls, self.retransmissions = result["calls"], 0
            self.faults += media["refused"] + result["socket_drops"] + result["send_drops"]
            self.strangers = result["foreign"] + result["misdelivered"]
            self.late_s = result["send_lateness_s"]["max"]
            self.sent, self.received = (media[k]["packets"] for k in ("sent", "received"))
            self.octets = tuple(media[k]["udp_octets"] for k in ("sent", "received"))
            self.rtcp = tuple(media[k]["packets"] for k in ("rtcp_sent", "rtcp_received"))

    @property
    def is_late(self):
        return self.retransmissions > 0 or self.late_s > LATE_S


def rows_of_generator(result):
    return [
        ("calls that came about", result.calls, result.succeeded),
        ("RTP packets sent and received", result.sent, result.received),
        ("RTCP packets sent and received", *result.rtcp),
        ("lost, changed, twice, out of order, deaf", 0, result.faults),
        ("packets of nobody", 0, result.strangers),
    ]


def rows_of_capture(result, packets):
    streams = media_capture.streams_of(packets)
    rows = []
    for is_rtcp, kind, said in ((False, "RTP", (result.sent, result.received)),
                                (True, "RTCP", result.rtcp)):  # fmt: skip
        for number, is_in, words in zip(said, (True, False), ("into", "out of")):
            seen = sum(1 for p in packets if p.is_in == is_in and p.is_rtcp == is_rtcp)
            rows.append((f"{kind} {words} the relay: packets", number, seen))
    for number, is_in, words in zip(result.octets, (True, False), ("into", "out of")):
        seen = sum(len(p.udp) for p in packets if p.is_in == is_in and not p.is_rtcp)
        rows.append((f"RTP {words} the relay: UDP octets", number, seen))
    passed = sum(1 for stream in streams.values() if stream.is_passed_in_order)
    return rows + [
        ("streams through the relay", 2 * result.calls, len(streams)),
        ("streams whose every packet passed in order", 2 * result.calls, passed),
        ("calls with one way there and the same back", result.calls,
         media_capture.calls_of(streams)),
    ]  # fmt: skip


def rows_of_octets(packets, options):
    """Of one packet before and behind the relay: by the model, and how many streams."""
    streams = media_capture.streams_of(packets).values()
    rtp = read_json(options.rtp)["packet_bytes"]
    sizes = collections.Counter(
        (frozenset(p.ip_octets for p in s.before), frozenset(p.ip_octets for p in s.behind))
        for s in streams
    )
    one, unchanged = frozenset, sum(1 for stream in streams if stream.is_unchanged)
    if not options.srtp:
        return [
            (f"streams of packets of {rtp} octets by the model", len(streams),
             sizes[one([rtp]), one([rtp])]),
            ("streams unchanged by the relay", len(streams), unchanged),
        ]  # fmt: skip
    srtp = read_json(options.srtp)["packet_bytes"]
    return [
        (f"streams deciphered, {srtp} to {rtp} octets", len(streams) / 2,
         sizes[one([srtp]), one([rtp])]),
        (f"streams enciphered, {rtp} to {srtp} octets", len(streams) / 2,
         sizes[one([rtp]), one([srtp])]),
        ("streams unchanged by the relay", 0, unchanged),
    ]  # fmt: skip


def rows_of_tones(packets):
    """PCMU and PCMA are a tone, until they are enciphered."""
    tones = collections.Counter(
        len(p.udp) for p in packets if not p.is_rtcp and compare_rtp.is_tone(p.payload)
    )
    all_sizes = collections.Counter(len(p.udp) for p in packets if not p.is_rtcp)
    plain = min(all_sizes)
    rows = [("plain payloads that are a tone", all_sizes[plain], tones[plain])]
    if len(all_sizes) > 1:
        rows.append(("SRTP payloads that are a tone", 0, tones[max(all_sizes)]))
    return rows


def rows_of_tshark(result, options):
    streams = compare_rtp.read_streams(options.capture, *options.ports)
    return [
        ("streams by tshark", 4 * result.calls, len(streams)),
        ("their packets", result.sent + result.received, sum(packets for packets, _ in streams)),
        ("lost by tshark's count", 0, sum(abs(lost) for _, lost in streams)),
    ]


def rows_of_summary(result, packets, path):
    """Of our own relay."""
    media = read_json(path)["media"]
    rtcp = sum(1 for p in packets if p.is_in and p.is_rtcp)
    rows = [
        ("calls opened by the server's summary", result.calls, media["calls_opened"]),
        ("calls ended", result.calls, media["calls_ended"]),
        ("media opened and closed", media["media_opened"], media["media_closed"]),
        ("RTCP packets in", rtcp, media["rtcp_in"]),
        ("dropped", 0, sum(media["dropped"].values())),
        ("refused, malformed, failed", 0, sum(media[key] for key in (
            "calls_refused", "calls_silent", "descriptions_malformed", "media_refused",
            "media_silent", "orders_lost", "send_failures", "ng_refused", "ng_malformed",
            "ssrc_changes"))),
    ]  # fmt: skip
    for is_in, word in ((True, "in"), (False, "out")):
        mine = [len(p.udp) for p in packets if p.is_in == is_in]
        rows.append((f"packets {word}", len(mine), media[f"packets_{word}"]))
        rows.append((f"UDP octets {word}", sum(mine), media[f"udp_payload_octets_{word}"]))
    return rows


def is_without_ports(path):
    return path is not None and read_json(path)["media"]["media_refused"] > 0


def rows_of_statistics(result, path):
    """Of rtpengine."""
    total = read_json(path)["statistics"]["totalstatistics"]
    return [
        ("packets by rtpengine's statistics", result.sent + result.rtcp[0],
         total["relayedpackets"]),
        ("their errors", 0, total["relayedpacketerrors"]),
    ]  # fmt: skip


def compare(options):
    result = Result(options.result)
    rows = rows_of_generator(result)
    if options.capture:
        packets = media_capture.read_packets(options.capture, *options.ports)
        rows += rows_of_capture(result, packets) + rows_of_octets(packets, options)
        rows += rows_of_tones(packets) + rows_of_tshark(result, options)
        if options.summary:
            rows += rows_of_summary(result, packets, options.summary)
        if options.statistics:
            rows += rows_of_statistics(result, options.statistics)
    print(f"{options.name}: {result.calls} calls")
    for name, mine, seen in rows:
        print(f"  {name:48} {mine:9.0f} {seen:9.0f}  {'equal' if mine == seen else 'DIFFERENT'}")
    print(f"  latest packet {result.late_s * 1000:.1f} ms; its times are void: {result.void}")
    if all(mine == seen for _, mine, seen in rows):
        return 0
    return VOID if result.is_late or is_without_ports(options.summary) else 1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--name", "--result"):
        parser.add_argument(name, required=True)
    for name in ("--capture", "--rtp", "--srtp", "--summary", "--statistics"):
        parser.add_argument(name)
    parser.add_argument("--ports", type=int, nargs=2, help="of the relay")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(compare(parse_arguments()))
