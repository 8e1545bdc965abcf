#pragma once

#include "engine/sip/sdp.h"
#include "engine/sip/writer.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

/// What a media relay changes of one medium of a session description.
struct SdpMediaChange {
    bool is_relayed = false;           ///< false: stays as it is
    std::string_view address_type{};   ///< "IP4" or "IP6"
    std::string_view address{};        ///< where the relay receives it
    std::uint16_t port = 0;            ///< of RTP; RTCP comes to the next one, or to the same one
    std::string_view protocol{};       ///< "RTP/AVP", "RTP/SAVP", ...; empty: as it was
    bool drops_crypto = false;         ///< keys that the relay itself used up
    std::string_view crypto_values{};  ///< of its own keys: lines parted by LF, none at the end
};

/// Writes the session description with the relay's addresses and ports in it, one change for each
/// medium. Candidates and the rest of ICE are left out where anything is relayed, as the ends would
/// else go round the relay; so is `a=rtcp`, whose port is the next one. All other lines stay.
/// Source: rfc8866 5, rfc8839 5, rfc3605.
void write_relayed_sdp(Writer& writer, std::string_view body, const SessionDescription& description,
                       std::span<const SdpMediaChange> changes) noexcept;

}  // namespace busyhour::engine::sip
