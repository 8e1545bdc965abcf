#pragma once

#include "engine/load/media_generator.h"

#include <functional>
#include <vector>

namespace busyhour::engine::load {

/// 127.0.0.1 with that port.
inline Peer loopback(std::uint16_t port) {
    Peer peer;
    peer.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
    peer.port = port;
    return peer;
}

/// The ends of a generator's calls and a line between them, in virtual time.
class MediaLine {
public:
    struct Sent {
        std::size_t end = 0;
        rtp::DatagramKind kind = rtp::DatagramKind::rtp;
        Time due{};
        std::vector<std::uint8_t> octets;
    };
    static constexpr Time begin = Time(std::chrono::hours(1));

    explicit MediaLine(const MediaOptions& options)
        : generator(options), batch_(generator.packet_octets_max()) {
        for (std::size_t i = 0; i < generator.ends_number(); ++i) {
            const auto port = static_cast<std::uint16_t>(10000 + 2 * i);
            const auto next = static_cast<std::uint16_t>(port + 1);
            generator.end(i).local = {.rtp = loopback(port), .rtcp = loopback(next)};
        }
        for (std::size_t i = 0; i < generator.ends_number(); ++i) {
            generator.end(i).remote = generator.end(i ^ 1U).local;
        }
    }

    /// How many times a packet arrives: 0 is lost. Once by default.
    std::function<int(Sent&)> copies = [](Sent&) { return 1; };
    Duration delay{0};  ///< from the send to the arrival
    Duration stall{0};  ///< the generator wakes up only each so long

    /// Until all has been sent and has arrived.
    void run() {
        generator.start(begin);
        Time now = begin;
        while (!generator.is_over()) {
            now = std::max(generator.next_timeout(), now + stall);
            do {
                generator.timeout(now, batch_);
                if (batch_.is_empty()) break;
                generator.sent(batch_, 0, batch_.size(), now);
                carry(now);
            } while (true);
        }
    }

    void deliver(const Sent& packet, Time arrival) {
        std::vector<std::uint8_t> octets = packet.octets;
        const MediaAddresses& to = generator.end(packet.end ^ 1U).local;
        const MediaAddresses& from = generator.end(packet.end).local;
        const bool is_rtcp = packet.kind == rtp::DatagramKind::rtcp;
        generator.receive(octets, is_rtcp ? to.rtcp : to.rtp, is_rtcp ? from.rtcp : from.rtp,
                          arrival);
    }

    [[nodiscard]] std::size_t sent_of(rtp::DatagramKind kind, std::size_t end) const {
        return static_cast<std::size_t>(std::count_if(
            sent.begin(), sent.end(),
            [=](const Sent& packet) { return packet.kind == kind && packet.end == end; }));
    }

    MediaGenerator generator;
    std::vector<Sent> sent;

private:
    void carry(Time now) {
        for (std::size_t i = 0; i < batch_.size(); ++i) {
            const MediaPacket& packet = batch_[i];
            Sent copy{
                packet.end, packet.kind, packet.due, {packet.octets.begin(), packet.octets.end()}};
            sent.push_back(copy);
            const int number = copies(copy);
            for (int n = 0; n < number; ++n) deliver(copy, now + delay);
        }
        batch_.clear();
    }

    MediaBatch batch_;
};

}  // namespace busyhour::engine::load
