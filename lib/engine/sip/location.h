#pragma once

#include "engine/clock.h"
#include "engine/outbox.h"
#include "engine/sip/hash.h"
#include "engine/sip/message.h"
#include "engine/sip/writer.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

/// One contact that a REGISTER brings. Source: rfc3261 10.2.1, rfc5626 4.2.
struct ContactUpdate {
    std::string_view uri;
    std::string_view instance;  ///< value of `+sip.instance`, with its quotes; empty: none
    std::uint32_t reg_id = 0;   ///< 0: none
    std::uint32_t q_thousandths = 1000;
    std::uint32_t expires_s = 0;  ///< 0 takes the binding away
};

/// What one REGISTER asks of the table.
struct BindingUpdate {
    Hash128 aor;
    std::uint64_t call_id = 0;  ///< its hash
    std::uint32_t sequence = 0;
    Peer flow;              ///< whence it came
    std::string_view path;  ///< values of Path, to be copied into Route (rfc3327 5.3)
    std::span<const ContactUpdate> contacts;
    bool removes_all = false;  ///< Contact: *
};

enum class BindingResult : std::uint8_t { done, out_of_order, too_many, full };

struct BindingOutcome {
    BindingResult result = BindingResult::done;
    std::uint32_t added = 0;
    std::uint32_t refreshed = 0;
    std::uint32_t removed = 0;
};

/// A place where a user can be reached now; the views point into the octets handed to `find`.
struct Target {
    std::string_view uri;
    std::string_view path;
    Peer flow;
    std::uint32_t q_thousandths = 1000;
};

/// The bindings of all users, shared by the workers: shards with a mutex each. A fixed number of
/// bindings; times are virtual. Source: rfc3261 10.3, docs/decisions/0005-shared-location.md.
class Location {
public:
    Location(std::size_t bindings_max, std::size_t contacts_per_aor_max,
             const std::array<std::uint8_t, 16>& secret);
    ~Location();
    Location(const Location&) = delete;
    Location& operator=(const Location&) = delete;

    /// The key of an address of record. `domain` is compared without case, escapes in `user` are
    /// read; a password is no part of it. Source: rfc3261 10.3 step 5.
    [[nodiscard]] Hash128 key(std::string_view user, std::string_view domain) const noexcept;

    /// Changes all or nothing, then writes a Contact line for each binding there is now, with its
    /// remaining seconds.
    BindingOutcome update(const BindingUpdate& update, Time now, Writer& contacts) noexcept;

    /// The contacts with the highest q below `q_below`; their texts are copied into `texts`. What
    /// does not fit is left out.
    std::size_t find(const Hash128& aor, std::uint32_t q_below, Time now, std::span<Target> targets,
                     std::span<char> texts) noexcept;

    /// Takes expired bindings off the shards of this worker; due each second.
    void expire(unsigned worker, unsigned workers, Time now) noexcept;

    [[nodiscard]] std::size_t bindings() const noexcept {
        return bindings_.load(std::memory_order_relaxed);
    }
    /// Memory in use for the bindings there are; 0 where there is none.
    [[nodiscard]] std::size_t bytes_per_binding() const noexcept;

private:
    struct Shard;
    [[nodiscard]] Shard& shard_of(const Hash128& aor) noexcept;
    /// Counts `added` bindings before they are made; false where that is too many.
    [[nodiscard]] bool reserve(std::size_t added) noexcept;

    static constexpr std::size_t shards_number = 64;

    std::array<std::uint8_t, 16> secret_;
    std::size_t contacts_max_;
    std::size_t bindings_max_;
    std::atomic<std::size_t> bindings_ = 0;
    std::array<std::unique_ptr<Shard>, shards_number> shards_;
};

}  // namespace busyhour::engine::sip
