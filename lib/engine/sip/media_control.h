#pragma once

#include "engine/clock.h"
#include "engine/sip/writer.h"

#include <cstdint>
#include <string_view>

namespace busyhour::engine::sip {

/// How the end that a description goes to is to be offered media.
enum class MediaProtection : std::uint8_t {
    same,    ///< as the other end offers them; keys pass from end to end
    plain,   ///< RTP/AVP
    secure,  ///< RTP/SAVP, keys by SDES (rfc4568)
};

/// A message with a session description on its way through the proxy.
struct MediaMessage {
    std::string_view call_id;
    std::string_view sender_tag;  ///< From tag of a request, To tag of a response
    std::string_view body;
    MediaProtection protection = MediaProtection::same;  ///< of the first description of a call
    bool accepts_call = false;                           ///< it is a 2xx of an INVITE
    bool opens_call = true;  ///< false: it is refused where nothing is known of its call
};

enum class MediaVerdict : std::uint8_t {
    unchanged,
    rewritten,
    refused,  ///< the relay has no room for the call
};

/// What puts a media relay between the ends of a call. Shared by the workers.
class MediaControl {
public:
    virtual ~MediaControl() = default;

    /// Writes into `body` what the other end is to see. The same message may come again (a
    /// retransmission, another branch of a fork) and is written the same.
    virtual MediaVerdict rewrite(const MediaMessage& message, Time now, Writer& body) noexcept = 0;

    /// The call is over. False where there was none.
    virtual bool end(std::string_view call_id, Time now) noexcept = 0;

    /// A first INVITE was refused: the call is over, unless another branch of a fork further up,
    /// which has the same Call-ID, was accepted. False where it goes on, or there was none.
    virtual bool fail(std::string_view call_id, Time now) noexcept = 0;
};

}  // namespace busyhour::engine::sip
