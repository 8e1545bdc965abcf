#include "engine/rtp/members.h"

#include <algorithm>

namespace busyhour::engine::rtp {

Members::Members(std::size_t members_max) : table_(members_max) {}

void Members::clear() noexcept {
    used_ = 0;
    members_ = senders_ = 0;
    refused_ = 0;
}

bool Members::heard_rtp(std::uint32_t ssrc, Time now) noexcept {
    Member* const member = find_or_add(ssrc);
    if (member == nullptr || member->has_left) return false;
    const bool is_new = !member->is_valid || !member->is_sender;
    members_ += member->is_valid ? 0U : 1U;
    senders_ += member->is_sender ? 0U : 1U;
    member->is_valid = member->is_sender = true;
    member->heard = member->heard_rtp = now;
    return is_new;
}

bool Members::heard_rtcp(std::uint32_t ssrc, bool is_valid, Time now) noexcept {
    Member* const member = find_or_add(ssrc);
    if (member == nullptr || member->has_left) return false;
    member->heard = now;
    if (member->is_valid || !is_valid) return false;
    member->is_valid = true;
    ++members_;
    return true;
}

bool Members::leave(std::uint32_t ssrc) noexcept {
    Member* const member = find(ssrc);
    if (member == nullptr || member->has_left) return false;
    const bool was_member = member->is_valid;
    forget(*member);
    member->has_left = true;
    return was_member;
}

bool Members::expire(Time members_since, Time senders_since) noexcept {
    const std::uint32_t members_before = members_;
    for (std::size_t i = used_; i-- > 0;) {
        Member& member = table_[i];
        if (member.heard < members_since) {
            forget(member);
            member = table_[--used_];
        } else if (member.is_sender && member.heard_rtp < senders_since) {
            member.is_sender = false;
            --senders_;
        }
    }
    return members_ < members_before;
}

Members::Member* Members::find(std::uint32_t ssrc) noexcept {
    for (std::size_t i = 0; i < used_; ++i) {
        if (table_[i].ssrc == ssrc) return &table_[i];
    }
    return nullptr;
}

Members::Member* Members::find_or_add(std::uint32_t ssrc) noexcept {
    if (Member* const known = find(ssrc)) return known;
    Member* const place = used_ < table_.size() ? &table_[used_++] : find_replaceable();
    if (place == nullptr) {
        ++refused_;
        return nullptr;
    }
    *place = {};
    place->ssrc = ssrc;
    return place;
}

/// The one of those that count for nothing that was heard longest ago, so that a flood of strangers
/// keeps nobody out.
Members::Member* Members::find_replaceable() noexcept {
    Member* oldest = nullptr;
    for (Member& member : table_) {
        if (member.is_valid) continue;
        if (oldest == nullptr || member.heard < oldest->heard) oldest = &member;
    }
    return oldest;
}

/// Takes it out of the counts.
void Members::forget(Member& member) noexcept {
    members_ -= member.is_valid ? 1U : 0U;
    senders_ -= member.is_sender ? 1U : 0U;
    member.is_valid = member.is_sender = false;
}

}  // namespace busyhour::engine::rtp
