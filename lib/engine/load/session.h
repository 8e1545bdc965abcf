#pragma once

#include "engine/clock.h"
#include "engine/outbox.h"
#include "engine/sip/message.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace busyhour::engine::load {

/// Text of a bounded length, kept in place.
template <std::size_t octets_max>
class ShortText {
public:
    /// False, and empty, where the text is too long.
    bool assign(std::string_view text) noexcept {
        size_ = text.size() <= octets_max ? text.size() : 0;
        std::copy_n(text.data(), size_, octets_.data());
        return size_ == text.size();
    }
    [[nodiscard]] std::string_view view() const noexcept { return {octets_.data(), size_}; }

private:
    std::size_t size_ = 0;
    std::array<char, octets_max> octets_{};
};

enum class SessionState : std::uint8_t {
    free,
    waiting,
    holding,
    silent,  ///< its ends have stopped talking; BYE is next
    backing_off
};

/// One registration, query, message or call on its way.
struct Session {
    Time intended;
    Time first_sent;
    Time request_sent;     ///< of the transaction under way
    Time transaction_end;  ///< timer B or F
    Duration interval{0};  ///< until the next retransmission
    std::uint32_t generation = 0;
    std::uint32_t user = 0;
    std::uint32_t callee = 0;
    std::uint32_t invite_cseq = 0;
    std::uint16_t request_octets = 0;
    std::uint16_t attempts = 0;  ///< of a storm, that failed
    SessionState state = SessionState::free;
    sip::Method method = sip::Method::other;  ///< of the transaction under way
    std::uint8_t transaction = 0;             ///< counts those of this session
    std::uint8_t invite_transaction = 0;
    std::uint8_t authorizations = 0;
    bool is_proceeding = false;
    bool is_failing = false;  ///< ends in order, but has failed
    bool is_ringing = false;
    bool is_canceling = false;
    bool is_cancel_answered = false;
    bool is_invite_answered = false;
};

/// What the caller learnt from the answer of its INVITE.
struct Dialog {
    ShortText<160> to_tag_parameter;  ///< ";tag=..."
    ShortText<256> remote_target;
    ShortText<768> routes;  ///< whole Route lines
};

/// The other side of a call.
struct CalledSide {
    static constexpr std::size_t response_octets_max = 2048;

    Peer caller;
    Time end;
    Duration interval{0};
    std::uint32_t generation = 0;
    std::uint32_t response_octets = 0;  ///< of the final response
    int status_code = 0;                ///< of the final response; 0: no call
    bool is_final_sent = false;
    bool is_acknowledged = false;
    std::array<char, response_octets_max> response{};
};

}  // namespace busyhour::engine::load
