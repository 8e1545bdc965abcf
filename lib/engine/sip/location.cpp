#include "engine/sip/location.h"

#include "engine/sip/chunk_pool.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>
#include <utility>

namespace busyhour::engine::sip {

namespace {

constexpr std::uint32_t none = 0;
constexpr std::size_t chunk_octets = 64;       // holds a common Contact whole
constexpr std::size_t chunks_per_binding = 4;  // on average; a longer text takes from others
constexpr std::size_t wheel_seconds = 4096;    // longer bindings are looked at more than once
constexpr std::size_t text_octets_max = 8192;  // of one binding

using Seconds = std::chrono::seconds;

std::int64_t second_of(Time time) noexcept {
    return std::chrono::floor<Seconds>(time.time_since_epoch()).count();
}

/// Bindings that one of `shards` shards may need: hashing does not fill them evenly.
std::size_t shard_share(std::size_t bindings, std::size_t shards) {
    const double mean = static_cast<double>(bindings) / static_cast<double>(shards);
    const double spread = 6 * std::sqrt(mean);  // deviations of a Poisson number
    return std::min(bindings, static_cast<std::size_t>(mean + spread) + 16);
}

}  // namespace

struct Location::Shard {
    struct Binding {
        Hash128 aor;
        std::uint64_t contact = 0;  ///< hash of its URI's octets
        std::uint64_t call_id = 0;
        Time expires;
        Peer flow;
        std::uint32_t sequence = 0;
        std::uint32_t reg_id = 0;
        std::uint32_t texts = ChunkPool::none;  ///< URI, instance, path
        std::uint32_t next = none;              ///< in the same bucket
        std::uint32_t earlier = none;           ///< in the same second of the wheel
        std::uint32_t later = none;
        std::uint16_t uri_octets = 0;
        std::uint16_t instance_octets = 0;
        std::uint16_t path_octets = 0;
        std::uint16_t q_thousandths = 1000;

        [[nodiscard]] std::size_t text_octets() const noexcept {
            return std::size_t{uri_octets} + instance_octets + path_octets;
        }
    };
    struct Texts {
        std::array<char, text_octets_max> octets;
        std::string_view uri;
        std::string_view instance;
        std::string_view path;
    };

    explicit Shard(std::size_t bindings_max)
        : rows_max(bindings_max),
          rows(std::make_unique_for_overwrite<Binding[]>(bindings_max + 1)),
          bucket_mask(std::bit_ceil(bindings_max + 1) - 1),
          buckets(std::make_unique<std::uint32_t[]>(bucket_mask + 1)),
          pool(chunk_octets, bindings_max * chunks_per_binding) {}

    [[nodiscard]] std::uint32_t& bucket(const Hash128& aor) noexcept {
        return buckets[aor.high & bucket_mask];
    }
    [[nodiscard]] std::uint32_t& second(Time time) noexcept {
        return wheel[static_cast<std::size_t>(second_of(time)) % wheel_seconds];
    }

    void read_texts(const Binding& row, Texts& texts) const noexcept;
    [[nodiscard]] std::uint32_t take_row() noexcept;
    void unlink_bucket(std::uint32_t index) noexcept;
    void link_wheel(std::uint32_t index) noexcept;
    void unlink_wheel(std::uint32_t index) noexcept;
    void remove(std::uint32_t index) noexcept;
    void drop_expired(const Hash128& aor, Time now, std::size_t& dropped) noexcept;

    [[nodiscard]] std::uint32_t match(const Hash128& aor, const ContactUpdate& contact,
                                      std::uint64_t contact_hash) noexcept;
    [[nodiscard]] bool store_texts(Binding& row, const ContactUpdate& contact,
                                   std::string_view path, std::uint64_t contact_hash) noexcept;
    void set(std::uint32_t index, const BindingUpdate& update, const ContactUpdate& contact,
             Time now) noexcept;
    [[nodiscard]] bool add(const BindingUpdate& update, const ContactUpdate& contact,
                           std::uint64_t contact_hash, Time now) noexcept;
    [[nodiscard]] std::size_t count(const Hash128& aor) noexcept;
    void write(const Hash128& aor, Time now, Writer& contacts) noexcept;

    std::mutex mutex;
    std::size_t rows_max;
    std::unique_ptr<Binding[]> rows;
    std::size_t bucket_mask;
    std::unique_ptr<std::uint32_t[]> buckets;
    ChunkPool pool;
    std::array<std::uint32_t, wheel_seconds> wheel{};
    std::int64_t swept_s = -1;  ///< the last second whose bindings were looked at
    std::uint32_t free_row = none;
    std::uint32_t fresh_row = 1;
    Texts scratch;
};

void Location::Shard::read_texts(const Binding& row, Texts& texts) const noexcept {
    const std::size_t octets = std::min(row.text_octets(), texts.octets.size());
    pool.read(row.texts, std::span(texts.octets).first(octets));
    const std::string_view all(texts.octets.data(), octets);
    texts.uri = all.substr(0, row.uri_octets);
    texts.instance = all.substr(row.uri_octets, row.instance_octets);
    texts.path = all.substr(std::size_t{row.uri_octets} + row.instance_octets);
}

std::uint32_t Location::Shard::take_row() noexcept {
    if (free_row != none) {
        const std::uint32_t index = free_row;
        free_row = rows[index].next;
        return index;
    }
    return fresh_row <= rows_max ? fresh_row++ : none;
}

void Location::Shard::unlink_bucket(std::uint32_t index) noexcept {
    std::uint32_t* link = &bucket(rows[index].aor);
    while (*link != index) link = &rows[*link].next;
    *link = rows[index].next;
}

void Location::Shard::link_wheel(std::uint32_t index) noexcept {
    Binding& row = rows[index];
    std::uint32_t& head = second(row.expires);
    row.earlier = none;
    row.later = head;
    if (head != none) rows[head].earlier = index;
    head = index;
}

void Location::Shard::unlink_wheel(std::uint32_t index) noexcept {
    const Binding& row = rows[index];
    if (row.later != none) rows[row.later].earlier = row.earlier;
    if (row.earlier != none) {
        rows[row.earlier].later = row.later;
    } else {
        second(row.expires) = row.later;
    }
}

void Location::Shard::remove(std::uint32_t index) noexcept {
    unlink_bucket(index);
    unlink_wheel(index);
    pool.release(rows[index].texts);
    rows[index].next = free_row;
    free_row = index;
}

void Location::Shard::drop_expired(const Hash128& aor, Time now, std::size_t& dropped) noexcept {
    for (std::uint32_t index = bucket(aor); index != none;) {
        const std::uint32_t next = rows[index].next;
        if (rows[index].aor == aor && rows[index].expires <= now) {
            remove(index);
            ++dropped;
        }
        index = next;
    }
}

/// The binding that `contact` is about: by instance and reg-id (rfc5626 4.2), else by URI.
std::uint32_t Location::Shard::match(const Hash128& aor, const ContactUpdate& contact,
                                     std::uint64_t contact_hash) noexcept {
    const bool is_flow = !contact.instance.empty() && contact.reg_id != 0;
    for (std::uint32_t index = bucket(aor); index != none; index = rows[index].next) {
        const Binding& row = rows[index];
        if (row.aor != aor) continue;
        if (!is_flow && row.contact == contact_hash) return index;
        if (is_flow && row.reg_id != contact.reg_id) continue;
        read_texts(row, scratch);
        if (is_flow) {
            if (scratch.instance == contact.instance) return index;
            continue;
        }
        const auto one = parse_uri(scratch.uri);
        const auto other = parse_uri(contact.uri);
        if (one && other ? equal_uris(*one, *other) : scratch.uri == contact.uri) return index;
    }
    return none;
}

bool Location::Shard::store_texts(Binding& row, const ContactUpdate& contact, std::string_view path,
                                  std::uint64_t contact_hash) noexcept {
    const std::array texts{contact.uri, contact.instance, path};
    std::size_t octets = 0;
    for (const std::string_view text : texts) octets += text.size();
    if (octets > text_octets_max) return false;
    const std::uint32_t handle = pool.store(texts);
    if (handle == ChunkPool::none) return false;
    pool.release(row.texts);
    row.texts = handle;
    row.contact = contact_hash;
    row.uri_octets = static_cast<std::uint16_t>(contact.uri.size());
    row.instance_octets = static_cast<std::uint16_t>(contact.instance.size());
    row.path_octets = static_cast<std::uint16_t>(path.size());
    return true;
}

void Location::Shard::set(std::uint32_t index, const BindingUpdate& update,
                          const ContactUpdate& contact, Time now) noexcept {
    Binding& row = rows[index];
    row.call_id = update.call_id;
    row.sequence = update.sequence;
    row.flow = update.flow;
    row.reg_id = contact.reg_id;
    row.q_thousandths = static_cast<std::uint16_t>(contact.q_thousandths);
    row.expires = now + Seconds(contact.expires_s);
    link_wheel(index);
}

bool Location::Shard::add(const BindingUpdate& update, const ContactUpdate& contact,
                          std::uint64_t contact_hash, Time now) noexcept {
    const std::uint32_t index = take_row();
    if (index == none) return false;
    Binding& row = rows[index];
    row = Binding{};
    row.aor = update.aor;
    if (!store_texts(row, contact, update.path, contact_hash)) {
        row.next = free_row;
        free_row = index;
        return false;
    }
    // Behind those that are there, so that contacts keep the order in which they came.
    std::uint32_t* link = &bucket(update.aor);
    while (*link != none) link = &rows[*link].next;
    *link = index;
    set(index, update, contact, now);
    return true;
}

std::size_t Location::Shard::count(const Hash128& aor) noexcept {
    std::size_t number = 0;
    for (std::uint32_t index = bucket(aor); index != none; index = rows[index].next) {
        if (rows[index].aor == aor) ++number;
    }
    return number;
}

void Location::Shard::write(const Hash128& aor, Time now, Writer& contacts) noexcept {
    for (std::uint32_t index = bucket(aor); index != none; index = rows[index].next) {
        const Binding& row = rows[index];
        if (row.aor != aor) continue;
        read_texts(row, scratch);
        const auto remaining = std::chrono::ceil<Seconds>(row.expires - now).count();
        contacts.text("Contact: <").text(scratch.uri).text(">;expires=");
        contacts.number(static_cast<std::uint64_t>(std::max<std::int64_t>(remaining, 0)));
        if (row.q_thousandths != 1000) {
            const std::uint32_t fraction = row.q_thousandths + 1000U;  // "1ddd": keeps the zeros
            std::array<char, 4> digits{};
            Writer writer(digits);
            writer.number(fraction);
            contacts.text(";q=0.").text(writer.written().substr(1));
        }
        if (!scratch.instance.empty()) contacts.text(";+sip.instance=").text(scratch.instance);
        if (row.reg_id != 0) contacts.text(";reg-id=").number(row.reg_id);
        contacts.text("\r\n");
    }
}

Location::Location(std::size_t bindings_max, std::size_t contacts_per_aor_max,
                   const std::array<std::uint8_t, 16>& secret)
    : secret_(secret), contacts_max_(contacts_per_aor_max), bindings_max_(bindings_max) {
    for (auto& shard : shards_) {
        shard = std::make_unique<Shard>(shard_share(bindings_max, shards_number));
    }
}

Location::~Location() = default;

Location::Shard& Location::shard(const Hash128& aor) noexcept {
    return *shards_[aor.low % shards_number];
}

Hash128 Location::key(std::string_view user, std::string_view domain) const noexcept {
    KeyedHash hash(secret_);
    if (user.find('%') == user.npos) {
        hash.add(user);
    } else {
        std::array<char, 256> plain{};
        std::size_t size = 0;
        for (std::size_t i = 0; i < user.size() && size < plain.size(); ++i) {
            const auto digit = [&](std::size_t at) {
                const char c = at < user.size() ? user[at] : '\0';
                if (c >= '0' && c <= '9') return c - '0';
                const int letter = (c | 0x20) - 'a';
                return letter >= 0 && letter < 6 ? letter + 10 : -1;
            };
            const bool is_escape = user[i] == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0;
            plain[size++] =
                is_escape ? static_cast<char>(digit(i + 1) * 16 + digit(i + 2)) : user[i];
            if (is_escape) i += 2;
        }
        hash.add({plain.data(), size});
    }
    return hash.add_without_case(domain).value128();
}

BindingOutcome Location::update(const BindingUpdate& update, Time now, Writer& contacts) noexcept {
    Shard& shard = this->shard(update.aor);
    const std::lock_guard lock(shard.mutex);
    BindingOutcome outcome;
    std::size_t dropped = 0;
    shard.drop_expired(update.aor, now, dropped);
    bindings_.fetch_sub(dropped, std::memory_order_relaxed);

    // First look whether all can be done (rfc3261 10.3 steps 6 and 7).
    bool is_repeated = false;
    std::size_t number = 0;
    for (std::uint32_t i = shard.bucket(update.aor); i != none; i = shard.rows[i].next) {
        const Shard::Binding& row = shard.rows[i];
        if (row.aor != update.aor) continue;
        ++number;
        if (row.call_id != update.call_id) continue;
        if (update.removes_all && row.sequence > update.sequence) {
            outcome.result = BindingResult::out_of_order;
        }
    }
    constexpr std::size_t contacts_max = 32;
    std::array<std::uint32_t, contacts_max> rows{};
    std::array<std::uint64_t, contacts_max> hashes{};
    std::size_t added = 0;
    if (update.contacts.size() > contacts_max) outcome.result = BindingResult::too_many;
    for (std::size_t c = 0; c < std::min(update.contacts.size(), contacts_max); ++c) {
        hashes[c] = KeyedHash(secret_).add(update.contacts[c].uri).value();
        rows[c] = shard.match(update.aor, update.contacts[c], hashes[c]);
        if (rows[c] == none) {
            if (update.contacts[c].expires_s != 0) ++added;
            continue;
        }
        const Shard::Binding& row = shard.rows[rows[c]];
        if (row.call_id != update.call_id) continue;
        if (row.sequence > update.sequence) outcome.result = BindingResult::out_of_order;
        if (row.sequence == update.sequence) is_repeated = true;
    }
    if (outcome.result == BindingResult::done && added != 0 && number + added > contacts_max_) {
        outcome.result = BindingResult::too_many;
    }
    if (outcome.result == BindingResult::done && added != 0 &&
        bindings_.fetch_add(added, std::memory_order_relaxed) + added > bindings_max_) {
        bindings_.fetch_sub(added, std::memory_order_relaxed);
        outcome.result = BindingResult::full;
    } else if (outcome.result != BindingResult::done) {
        added = 0;
    }
    if (outcome.result != BindingResult::done) return outcome;

    if (is_repeated && added == 0) {
        shard.write(update.aor, now, contacts);  // a retransmission: the same answer
        return outcome;
    }
    if (update.removes_all) {
        for (std::uint32_t i = shard.bucket(update.aor); i != none;) {
            const std::uint32_t next = shard.rows[i].next;
            if (shard.rows[i].aor == update.aor) {
                shard.remove(i);
                ++outcome.removed;
            }
            i = next;
        }
    }
    for (std::size_t c = 0; c < update.contacts.size(); ++c) {
        const ContactUpdate& contact = update.contacts[c];
        // A contact that stands twice in one REGISTER: the later one counts.
        if (rows[c] == none && c != 0) {
            rows[c] = shard.match(update.aor, contact, hashes[c]);
            if (rows[c] != none && contact.expires_s != 0) {
                --added;
                bindings_.fetch_sub(1, std::memory_order_relaxed);
            }
        }
        if (rows[c] == none) {
            if (contact.expires_s == 0) continue;
            if (!shard.add(update, contact, hashes[c], now)) {
                bindings_.fetch_sub(added, std::memory_order_relaxed);
                bindings_.fetch_sub(outcome.removed, std::memory_order_relaxed);
                outcome.result = BindingResult::full;
                return outcome;
            }
            --added;
            ++outcome.added;
            continue;
        }
        Shard::Binding& row = shard.rows[rows[c]];
        if (contact.expires_s == 0) {
            for (std::size_t later = c + 1; later < update.contacts.size(); ++later) {
                if (rows[later] == rows[c]) rows[later] = none;
            }
            shard.remove(rows[c]);
            ++outcome.removed;
            continue;
        }
        shard.read_texts(row, shard.scratch);
        const bool is_same = row.contact == hashes[c] && shard.scratch.uri == contact.uri &&
                             shard.scratch.instance == contact.instance &&
                             shard.scratch.path == update.path;
        if (!is_same && !shard.store_texts(row, contact, update.path, hashes[c])) {
            bindings_.fetch_sub(outcome.removed, std::memory_order_relaxed);
            outcome.result = BindingResult::full;
            return outcome;
        }
        shard.unlink_wheel(rows[c]);
        shard.set(rows[c], update, contact, now);
        ++outcome.refreshed;
    }
    bindings_.fetch_sub(outcome.removed, std::memory_order_relaxed);
    shard.write(update.aor, now, contacts);
    return outcome;
}

std::size_t Location::find(const Hash128& aor, std::uint32_t q_below, Time now,
                           std::span<Target> targets, std::span<char> texts) noexcept {
    Shard& shard = this->shard(aor);
    const std::lock_guard lock(shard.mutex);
    std::uint32_t highest = 0;
    bool is_any = false;
    const auto holds = [&](const Shard::Binding& row) {
        return row.aor == aor && row.expires > now && row.q_thousandths < q_below;
    };
    for (std::uint32_t i = shard.bucket(aor); i != none; i = shard.rows[i].next) {
        if (!holds(shard.rows[i])) continue;
        is_any = true;
        highest = std::max<std::uint32_t>(highest, shard.rows[i].q_thousandths);
    }
    std::size_t found = 0;
    if (!is_any) return found;
    for (std::uint32_t i = shard.bucket(aor); i != none; i = shard.rows[i].next) {
        const Shard::Binding& row = shard.rows[i];
        if (!holds(row) || row.q_thousandths != highest) continue;
        const std::size_t octets = row.text_octets();
        if (found == targets.size() || octets > texts.size()) break;
        shard.pool.read(row.texts, texts.first(octets));
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
    const std::int64_t now_s = second_of(now);
    std::size_t removed = 0;
    for (std::size_t s = worker; s < shards_number; s += workers) {
        Shard& shard = *shards_[s];
        const std::lock_guard lock(shard.mutex);
        const std::int64_t oldest = now_s - static_cast<std::int64_t>(wheel_seconds);
        for (std::int64_t second = std::max(shard.swept_s + 1, oldest); second < now_s; ++second) {
            const std::size_t place = static_cast<std::size_t>(second) % wheel_seconds;
            for (std::uint32_t i = shard.wheel[place]; i != none;) {
                const std::uint32_t next = shard.rows[i].later;
                if (shard.rows[i].expires <= now) {
                    shard.remove(i);
                    ++removed;
                }
                i = next;
            }
        }
        shard.swept_s = std::max(shard.swept_s, now_s - 1);
    }
    bindings_.fetch_sub(removed, std::memory_order_relaxed);
}

std::size_t Location::bytes_per_binding() const noexcept {
    std::size_t octets = 0;
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard->mutex);
        octets +=
            shard->pool.used() * chunk_octets + (shard->bucket_mask + 1) * sizeof(std::uint32_t);
    }
    const std::size_t number = bindings();
    return number == 0 ? 0 : octets / number + sizeof(Shard::Binding);
}

}  // namespace busyhour::engine::sip
