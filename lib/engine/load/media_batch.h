#pragma once

#include "engine/clock.h"
#include "engine/rtp/octets.h"
#include "engine/rtp/packet.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace busyhour::engine::load {

/// A packet that one end of a call sends.
struct MediaPacket {
    std::size_t end = 0;  ///< which one
    rtp::DatagramKind kind = rtp::DatagramKind::rtp;
    rtp::Octets octets;
    Time due{};  ///< when it should leave
};

/// Packets on their way out, in room taken at the start.
class MediaBatch {
public:
    static constexpr std::size_t packets_max = 64;

    explicit MediaBatch(std::size_t packet_octets_max)
        : stride_((packet_octets_max + 63) / 64 * 64),
          room_(std::make_unique<std::uint8_t[]>(stride_ * packets_max)) {}  // NOLINT

    [[nodiscard]] bool is_full() const noexcept { return size_ == packets_max; }
    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const MediaPacket& operator[](std::size_t index) const noexcept {
        return packets_[index];
    }

    /// Where the next packet may be written; the batch must not be full.
    [[nodiscard]] rtp::OctetRoom room() noexcept {
        return {room_.get() + size_ * stride_, stride_};
    }
    /// Takes the `octets` written there.
    void add(std::size_t end, rtp::DatagramKind kind, std::size_t octets, Time due) noexcept {
        packets_[size_] = {.end = end, .kind = kind, .octets = room().first(octets), .due = due};
        ++size_;
    }
    void clear() noexcept { size_ = 0; }

private:
    std::size_t stride_ = 0;
    std::unique_ptr<std::uint8_t[]> room_;  // NOLINT
    std::array<MediaPacket, packets_max> packets_{};
    std::size_t size_ = 0;
};

}  // namespace busyhour::engine::load
