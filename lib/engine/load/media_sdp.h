#pragma once

#include "engine/load/media_end.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace busyhour::engine::load {

/// What one end of a call offers or answers: one audio stream.
struct MediaOffer {
    MediaAddresses local;
    bool is_muxed = false;
    std::uint8_t payload_type = 0;
    std::string encoding;  ///< "PCMU/8000", "opus/48000/2"
    Duration ptime = std::chrono::milliseconds(20);
    std::optional<std::uint8_t> comfort_noise_payload_type;  ///< with silence suppression
    std::string crypto;  ///< value of `a=crypto`; empty: plain RTP
};

/// The session description. Source: rfc8866 5, rfc3605 2.1, rfc5761 5.1.1, rfc4568 4.
std::string write_sdp(const MediaOffer& offer, std::uint64_t session_id);

/// What the far end's session description says of its first audio stream.
struct MediaDestination {
    MediaAddresses remote;
    bool is_muxed = false;
    std::string_view lines;  ///< of the stream, for its attributes
};

/// Nothing where it is malformed or has no audio at an IP address.
std::optional<MediaDestination> read_sdp(std::string_view sdp);

}  // namespace busyhour::engine::load
