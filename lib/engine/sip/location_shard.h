#pragma once

#include "engine/sip/chunk_pool.h"
#include "engine/sip/location.h"

#include <bit>
#include <mutex>

namespace busyhour::engine::sip {

namespace shard {
constexpr std::uint32_t none = 0;
constexpr std::size_t chunk_octets = 64;       // holds a common Contact whole
constexpr std::size_t chunks_per_binding = 4;  // on average; a longer text takes from others
constexpr std::size_t wheel_seconds = 4096;    // longer bindings are looked at more than once
constexpr std::size_t text_octets_max = 8192;  // of one binding
constexpr std::size_t contacts_max = 32;       // of one REGISTER

inline std::int64_t second_of(Time time) noexcept {
    return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}
}  // namespace shard

/// The bindings of the users whose hash leads here. All but the constructor needs the mutex.
struct Location::Shard {
    static constexpr std::uint32_t none = shard::none;
    static constexpr std::size_t contacts_max = shard::contacts_max;

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
    struct Texts {  // NOLINT(cppcoreguidelines-pro-type-member-init): octets are written first
        std::array<char, shard::text_octets_max> octets;
        std::string_view uri;
        std::string_view instance;
        std::string_view path;
    };

    explicit Shard(std::size_t bindings_max)
        : rows_max(bindings_max),
          rows(std::make_unique_for_overwrite<Binding[]>(bindings_max + 1)),
          bucket_mask(std::bit_ceil(bindings_max + 1) - 1),
          buckets(std::make_unique<std::uint32_t[]>(bucket_mask + 1)),
          pool(shard::chunk_octets, bindings_max * shard::chunks_per_binding) {}

    [[nodiscard]] std::uint32_t& bucket(const Hash128& aor) noexcept {
        return buckets[aor.high & bucket_mask];
    }
    [[nodiscard]] std::uint32_t& second(Time time) noexcept {
        return wheel[static_cast<std::size_t>(shard::second_of(time)) % shard::wheel_seconds];
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
    /// What an update would change, looked at before anything is changed.
    struct Review {
        std::array<std::uint32_t, contacts_max> rows{};
        std::array<std::uint64_t, contacts_max> hashes{};
        std::size_t contacts = 0;  ///< that the user has
        std::size_t added = 0;
        bool is_repeated = false;
        BindingResult result = BindingResult::done;
    };
    [[nodiscard]] Review review(const BindingUpdate& update,
                                const std::array<std::uint8_t, 16>& secret) noexcept;
    /// Whether the new texts and bindings fit beside the old, so that `apply` cannot fail halfway.
    [[nodiscard]] bool has_room(const BindingUpdate& update, const Review& review) noexcept;
    [[nodiscard]] bool holds_texts(const Binding& row, const ContactUpdate& contact,
                                   std::string_view path, std::uint64_t contact_hash) noexcept;
    [[nodiscard]] std::uint32_t remove_all(const Hash128& aor) noexcept;
    /// False where the memory for texts is used up.
    [[nodiscard]] bool apply(const BindingUpdate& update, std::size_t place, Review& review,
                             Time now, BindingOutcome& outcome) noexcept;
    [[nodiscard]] bool refresh(std::uint32_t index, const BindingUpdate& update,
                               const ContactUpdate& contact, std::uint64_t contact_hash,
                               Time now) noexcept;
    void write(const Hash128& aor, Time now, Writer& contacts) noexcept;

    std::mutex mutex;
    std::size_t rows_max;
    std::unique_ptr<Binding[]> rows;
    std::size_t bucket_mask;
    std::unique_ptr<std::uint32_t[]> buckets;
    ChunkPool pool;
    std::array<std::uint32_t, shard::wheel_seconds> wheel{};
    std::int64_t swept_s = -1;  ///< the last second whose bindings were looked at
    std::uint32_t free_row = none;
    std::uint32_t fresh_row = 1;
    std::size_t rows_used = 0;
    Texts scratch;
};

}  // namespace busyhour::engine::sip
