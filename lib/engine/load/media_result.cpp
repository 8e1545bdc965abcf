#include "engine/load/media_result.h"

#include <algorithm>

namespace busyhour::engine::load {
namespace {

void count_sender(const MediaEnd& sender, MediaDirection& direction) {
    const rtp::Source& source = sender.session.source();
    const rtp::SessionCounts& counts = sender.session.counts();
    direction.sent.packets += source.packets_of_all_ssrcs();
    direction.sent.octets += sender.sent_octets;
    direction.payload_octets_sent += source.payload_octets();
    direction.rtcp_sent.packets += counts.rtcp_sent;
    direction.rtcp_sent.octets += sender.sent_rtcp_octets;
}

void count_receiver(const MediaEnd& receiver, MediaDirection& direction) {
    const rtp::Reception reception = receiver.session.sink().reception();
    const rtp::SessionCounts& counts = receiver.session.counts();
    direction.received.packets += reception.packets - reception.duplicates;
    direction.received.octets += receiver.received_octets;
    direction.payload_octets_received += reception.payload_octets;
    direction.reordered += reception.reordered;
    direction.duplicates += reception.duplicates + receiver.replayed;
    direction.corrupt += receiver.corrupt;
    direction.refused += reception.unvalidated + reception.out_of_range +
                         reception.unknown_payload_type + counts.malformed_rtp +
                         counts.malformed_rtcp + receiver.unauthentic;
    direction.rtcp_received.packets += counts.rtcp_received;
    direction.rtcp_received.octets += receiver.received_rtcp_octets;
}

void count_stream(const MediaEnd& sender, const MediaEnd& receiver, MediaRunResult& result) {
    const std::uint64_t sent = sender.session.source().packets_of_all_ssrcs();
    if (sent == 0) return;
    const rtp::Reception reception = receiver.session.sink().reception();
    const std::uint64_t arrived = std::min(reception.packets - reception.duplicates, sent);
    MediaStream stream;
    stream.loss_fraction = static_cast<double>(sent - arrived) / static_cast<double>(sent);
    stream.delays = receiver.delays;
    if (receiver.delays > 0) {
        stream.mean_delay_s = to_seconds(receiver.delay_sum) / static_cast<double>(receiver.delays);
    }
    result.streams.push_back(stream);
    if (arrived < 2) return;
    result.jitter.record(reception.jitter);
    result.jitter_most.record(reception.jitter_max);
}

}  // namespace

void count_media(const MediaGenerator& generator, MediaRunResult& result) {
    result.calls_number = generator.calls_number();
    for (std::size_t i = 0; i < generator.ends_number(); ++i) {
        if (!generator.is_talking(i / 2)) continue;
        const MediaEnd& sender = generator.end(i);
        const MediaEnd& receiver = generator.end(i ^ 1U);
        MediaDirection& direction = result.directions[i % 2];
        count_sender(sender, direction);
        count_receiver(receiver, direction);
        count_stream(sender, receiver, result);
        if (const auto round_trip = sender.session.round_trip()) {
            result.round_trip.record(*round_trip);
        }
    }
    std::uint64_t arrived = 0;
    std::uint64_t packets = 0;
    for (MediaDirection& direction : result.directions) {
        const PacketTally& received = direction.received;
        direction.lost =
            direction.sent.packets - std::min(received.packets, direction.sent.packets);
        result.offered_packets += direction.sent.packets;
        arrived += received.packets;
        packets += direction.sent.packets + received.packets + direction.duplicates +
                   direction.rtcp_sent.packets + direction.rtcp_received.packets;
    }
    result.strays = generator.strays();
    result.send_lateness = generator.send_lateness();
    result.late_packets = generator.late_packets();
    result.one_way_delay = generator.one_way_delay();
    result.offered_per_s = static_cast<double>(result.offered_packets) / result.duration_s;
    result.achieved_per_s = static_cast<double>(arrived) / result.duration_s;
    result.cpu_per_packet_s /= static_cast<double>(std::max<std::uint64_t>(packets, 1));
}

}  // namespace busyhour::engine::load
