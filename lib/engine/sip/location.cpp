#include "engine/sip/location.h"

#include "engine/sip/characters.h"
#include "engine/sip/location_shard.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace busyhour::engine::sip {

namespace {

/// Bindings that one of `shards` shards may need: hashing does not fill them evenly.
std::size_t shard_share(std::size_t bindings, std::size_t shards) {
    const double mean = static_cast<double>(bindings) / static_cast<double>(shards);
    const double spread = 6 * std::sqrt(mean);  // deviations of a Poisson number
    return std::min(bindings, static_cast<std::size_t>(mean + spread) + 16);
}

/// `user` with its escapes read, as far as `to` holds it.
std::string_view unescape(std::string_view user, std::span<char> to) {
    std::size_t size = 0;
    while (!user.empty() && size < to.size()) {
        const auto escaped =
            user[0] == '%' && user.size() > 2 ? parse_hexadecimal(user.substr(1, 2)) : std::nullopt;
        to[size++] = escaped ? static_cast<char>(*escaped) : user[0];
        user.remove_prefix(escaped ? 3 : 1);
    }
    return {to.data(), size};
}

}  // namespace

Location::Location(std::size_t bindings_max, std::size_t contacts_per_aor_max,
                   const std::array<std::uint8_t, 16>& secret)
    : secret_(secret), contacts_max_(contacts_per_aor_max), bindings_max_(bindings_max) {
    for (auto& one : shards_) {
        one = std::make_unique<Shard>(shard_share(bindings_max, shards_number));
    }
}

Location::~Location() = default;

Location::Shard& Location::shard_of(const Hash128& aor) noexcept {
    return *shards_[aor.low % shards_number];
}

Hash128 Location::key(std::string_view user, std::string_view domain) const noexcept {
    std::array<char, 256> plain;  // NOLINT(cppcoreguidelines-pro-type-member-init): see unescape
    KeyedHash hash(secret_);
    hash.add(user.find('%') == user.npos ? user : unescape(user, plain));
    return hash.add_without_case(domain).value128();
}

bool Location::reserve(std::size_t added) noexcept {
    if (added == 0) return true;
    if (bindings_.fetch_add(added, std::memory_order_relaxed) + added <= bindings_max_) return true;
    bindings_.fetch_sub(added, std::memory_order_relaxed);
    return false;
}

BindingOutcome Location::update(const BindingUpdate& update, Time now, Writer& contacts) noexcept {
    Shard& home = this->shard_of(update.aor);
    const std::lock_guard lock(home.mutex);
    std::size_t dropped = 0;
    home.drop_expired(update.aor, now, dropped);
    if (dropped != 0) bindings_.fetch_sub(dropped, std::memory_order_relaxed);

    // First look whether all can be done (rfc3261 10.3 steps 6 and 7).
    Shard::Review review = home.review(update, secret_);
    BindingOutcome outcome{.result = review.result};
    const bool is_too_many = review.added != 0 && review.contacts + review.added > contacts_max_;
    if (outcome.result == BindingResult::done && is_too_many) {
        outcome.result = BindingResult::too_many;
    }
    if (outcome.result != BindingResult::done) return outcome;
    if (!home.has_room(update, review) || !reserve(review.added)) {
        return {.result = BindingResult::full};
    }

    const bool is_retransmission = review.is_repeated && review.added == 0;
    if (update.removes_all) outcome.removed = home.remove_all(update.aor);
    for (std::size_t c = 0; c < update.contacts.size() && !is_retransmission; ++c) {
        if (home.apply(update, c, review, now, outcome)) continue;
        outcome.result = BindingResult::full;
        break;
    }
    // What was reserved, less what came about.
    const std::size_t spare = review.added + outcome.removed - outcome.added;
    if (spare != 0) bindings_.fetch_sub(spare, std::memory_order_relaxed);
    if (outcome.result == BindingResult::done) home.write(update.aor, now, contacts);
    return outcome;
}

std::size_t Location::find(const Hash128& aor, std::uint32_t q_below, Time now,
                           std::span<Target> targets, std::span<char> texts) noexcept {
    Shard& home = this->shard_of(aor);
    const std::lock_guard lock(home.mutex);
    std::uint32_t highest = 0;
    bool is_any = false;
    const auto holds = [&](const Shard::Binding& row) {
        return row.aor == aor && row.expires > now && row.q_thousandths < q_below;
    };
    for (std::uint32_t i = home.bucket(aor); i != shard::none; i = home.rows[i].next) {
        if (!holds(home.rows[i])) continue;
        is_any = true;
        highest = std::max<std::uint32_t>(highest, home.rows[i].q_thousandths);
    }
    std::size_t found = 0;
    if (!is_any) return found;
    for (std::uint32_t i = home.bucket(aor); i != shard::none; i = home.rows[i].next) {
        const Shard::Binding& row = home.rows[i];
        if (!holds(row) || row.q_thousandths != highest) continue;
        const std::size_t octets = row.text_octets();
        if (found == targets.size() || octets > texts.size()) break;
        home.pool.read(row.texts, texts.first(octets));
        const std::string_view all(texts.data(), octets);
        texts = texts.subspan(octets);
        targets[found++] = {.uri = all.substr(0, row.uri_octets),
                            .path = all.substr(std::size_t{row.uri_octets} + row.instance_octets),
                            .flow = row.flow,
                            .q_thousandths = row.q_thousandths};
    }
    return found;
}

void Location::expire(unsigned worker, unsigned workers, Time now) noexcept {
    const std::int64_t now_s = shard::second_of(now);
    std::size_t removed = 0;
    for (std::size_t s = worker; s < shards_number; s += workers) {
        Shard& home = *shards_[s];
        const std::lock_guard lock(home.mutex);
        const std::int64_t oldest = now_s - static_cast<std::int64_t>(shard::wheel_seconds);
        for (std::int64_t second = std::max(home.swept_s + 1, oldest); second < now_s; ++second) {
            const std::size_t place = static_cast<std::size_t>(second) % shard::wheel_seconds;
            for (std::uint32_t i = home.wheel[place]; i != shard::none;) {
                const std::uint32_t next = home.rows[i].later;
                if (home.rows[i].expires <= now) {
                    home.remove(i);
                    ++removed;
                }
                i = next;
            }
        }
        home.swept_s = std::max(home.swept_s, now_s - 1);
    }
    bindings_.fetch_sub(removed, std::memory_order_relaxed);
}

std::size_t Location::bytes_per_binding() const noexcept {
    std::size_t octets = 0;
    for (const auto& one : shards_) {
        const std::lock_guard lock(one->mutex);
        octets +=
            one->pool.used() * shard::chunk_octets + (one->bucket_mask + 1) * sizeof(std::uint32_t);
    }
    const std::size_t number = bindings();
    return number == 0 ? 0 : octets / number + sizeof(Shard::Binding);
}

}  // namespace busyhour::engine::sip
