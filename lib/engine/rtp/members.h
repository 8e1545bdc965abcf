#pragma once

#include "engine/clock.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace busyhour::engine::rtp {

/// The others in a session: who is a valid member, who sends. A table of fixed size for unicast
/// and small conferences; who finds no place is counted. Source: rfc3550 6.2.1, 6.3.3 to 6.3.5.
class Members {
public:
    explicit Members(std::size_t members_max);

    /// Forgets all; takes no memory.
    void clear() noexcept;

    /// A data packet of a validated source came; true where that made a member or sender.
    bool heard_rtp(std::uint32_t ssrc, Time now) noexcept;

    /// A control packet named that source as its sender; it is a member once `is_valid`.
    bool heard_rtcp(std::uint32_t ssrc, bool is_valid, Time now) noexcept;

    /// It said goodbye: true where it was a member. Stragglers of it are ignored until it expires.
    bool leave(std::uint32_t ssrc) noexcept;

    /// Removes who was last heard before `members_since`, and from the senders who sent no data
    /// since `senders_since`; true where members were lost.
    bool expire(Time members_since, Time senders_since) noexcept;

    [[nodiscard]] std::uint32_t members() const noexcept { return members_; }  ///< without oneself
    [[nodiscard]] std::uint32_t senders() const noexcept { return senders_; }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

private:
    struct Member {
        std::uint32_t ssrc = 0;
        bool is_valid = false;
        bool is_sender = false;
        bool has_left = false;
        Time heard{};
        Time heard_rtp{};
    };

    Member* find(std::uint32_t ssrc) noexcept;
    Member* find_or_add(std::uint32_t ssrc) noexcept;
    Member* find_replaceable() noexcept;
    void forget(Member& member) noexcept;

    std::vector<Member> table_;
    std::size_t used_ = 0;
    std::uint32_t members_ = 0;
    std::uint32_t senders_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace busyhour::engine::rtp
