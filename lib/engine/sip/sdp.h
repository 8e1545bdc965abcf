#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

/// A `c=` line. Source: rfc8866 5.7.
struct SdpConnection {
    std::string_view address_type;  ///< "IP4" or "IP6"
    std::string_view address;       ///< with "/ttl" or "/number" where it is a multicast group
};

/// The `o=` line. Source: rfc8866 5.2.
struct SdpOrigin {
    std::string_view username;
    std::string_view session_id;
    std::string_view session_version;
    std::string_view address_type;
    std::string_view address;
};

/// Source: rfc8866 6.7.
enum class SdpDirection : std::uint8_t { sendrecv, sendonly, recvonly, inactive };

/// `a=rtcp`. Source: rfc3605 2.1.
struct SdpRtcp {
    std::string_view port_text;
    std::uint16_t port = 0;
    std::string_view address;  ///< empty where only the port stands there
};

/// A media description: an `m=` line and what belongs to it.
struct SdpMedia {
    std::string_view media;  ///< "audio", "video", ...
    std::string_view
        port_text;           ///< the digits of `port`, for one who writes another in their place
    std::uint16_t port = 0;  ///< 0: refused or disabled
    std::uint32_t ports_number = 1;
    std::string_view protocol;  ///< "RTP/AVP", ...
    std::string_view formats;   ///< "0 8 101"
    std::string_view lines;     ///< of the section, after its `m=` line

    std::optional<SdpConnection> connection;  ///< its own, or that of the session
    bool has_own_connection = false;
    SdpDirection direction = SdpDirection::sendrecv;
    std::optional<SdpRtcp> rtcp;
    bool has_rtcp_mux = false;
    std::string_view crypto;       ///< value of the first; more by `next_attribute`
    std::string_view fingerprint;  ///< its own, or that of the session
    std::string_view setup;        ///< its own, or that of the session
    double ptime_ms = 0.0;         ///< 0 where absent
};

/// A session description taken apart: everything is a view of the octets it was parsed from.
class SessionDescription {
public:
    static constexpr std::size_t media_max = 32;

    SdpOrigin origin;
    std::string_view session_name;
    std::optional<SdpConnection> connection;
    std::string_view session_lines;  ///< those before the first `m=`

    [[nodiscard]] std::span<const SdpMedia> media() const noexcept {
        return {media_.data(), media_number_};
    }

private:
    friend class SdpParser;

    std::array<SdpMedia, media_max> media_;
    std::size_t media_number_ = 0;
};

/// False for what is no session description, and for one with more than `media_max` media. Lines
/// may end with LF alone. Never allocates. Source: rfc8866 5, 9.
bool parse_sdp(std::string_view body, SessionDescription& description) noexcept;

/// The value of the next `a=name:value` (empty for `a=name`) among `lines`, which go on behind it.
std::optional<std::string_view> next_attribute(std::string_view& lines,
                                               std::string_view name) noexcept;

/// What `a=rtpmap` says of a payload type. Source: rfc8866 6.6.
struct RtpMap {
    std::string_view encoding;
    std::uint32_t clock_rate_hz = 0;
    std::uint32_t channels = 1;
};

std::optional<RtpMap> rtpmap_of(const SdpMedia& media, unsigned payload_type) noexcept;

}  // namespace busyhour::engine::sip
