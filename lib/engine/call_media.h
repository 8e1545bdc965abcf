#pragma once

#include "engine/relay_control.h"
#include "engine/rtp/sdes.h"
#include "engine/sip/hash.h"
#include "engine/sip/media_control.h"
#include "engine/sip/sdp_rewrite.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace busyhour::engine {

struct CallMediaOptions {
    std::size_t calls_max = 10'000;
    Peer address;  ///< of the relay, as session descriptions show it
    std::array<std::uint8_t, 16> secret{};
    /// Of calls whose message says `same`.
    sip::MediaProtection protection = sip::MediaProtection::same;
};

struct CallMediaCounts {
    std::uint64_t calls_opened = 0;
    std::uint64_t calls_ended = 0;    ///< by BYE or a failure
    std::uint64_t calls_silent = 0;   ///< forgotten, as the relay had closed them
    std::uint64_t calls_refused = 0;  ///< for want of room, ports or usable keys
    std::uint64_t malformed = 0;      ///< bodies that are no session description
};

/// Puts the media relay between the ends of each call: all RTP media of it, up to `media_max`, go
/// by the relay.
///
/// Who sends a description is told by its tag, so it does not matter which message has the offer:
/// the far end of leg 0 is the end that sent the first one, that of leg 1 any other (of a fork, the
/// one that spoke last). Where one end is to speak SRTP and the other is not, the relay has keys of
/// its own (SDES). All memory is taken at the start.
class CallMedia final : public sip::MediaControl {
public:
    static constexpr std::size_t media_max = 2;

    CallMedia(const CallMediaOptions& options, RelayControl& relay);

    sip::MediaVerdict rewrite(const sip::MediaMessage& message, Time now,
                              sip::Writer& body) noexcept override;
    bool end(std::string_view call_id, Time now) noexcept override;
    bool fail(std::string_view call_id, Time now) noexcept override;
    [[nodiscard]] bool knows(std::string_view call_id) const noexcept;

    [[nodiscard]] CallMediaCounts counts() const noexcept;
    [[nodiscard]] std::size_t calls() const noexcept;

private:
    static constexpr std::uint32_t none = 0xffffffff;
    static constexpr std::size_t shards_number = 16;

    /// What is agreed with one end of a medium that the relay deciphers.
    struct End {
        bool is_described = false;
        bool is_secure = false;
        std::optional<rtp::SdesCrypto> received;  ///< what it sends with
        std::optional<rtp::SdesCrypto> sent;      ///< what it is sent with
    };
    struct Medium {
        RelayedMedium relayed;
        bool is_bridged = false;  ///< between SRTP and RTP
        std::array<End, 2> ends;
    };
    struct Call {
        sip::Hash128 id;
        std::uint64_t first_tag = 0;  ///< hash of the tag of leg 0's end
        std::array<Medium, media_max> media{};
        std::uint32_t next = none;  ///< in the same bucket, or free
        bool is_used = false;
        bool is_accepted = false;  ///< a 2xx came
    };
    struct Shard {
        mutable std::mutex mutex;
        std::vector<Call> calls;
        std::vector<std::uint32_t> buckets;
        std::uint32_t free = none;
        std::size_t used = 0;
        CallMediaCounts counts;
    };

    [[nodiscard]] Shard& shard_of(const sip::Hash128& id) const noexcept;
    static std::uint32_t& bucket_of(Shard& shard, const sip::Hash128& id) noexcept;
    static Call* find(Shard& shard, const sip::Hash128& id) noexcept;
    Call* add(Shard& shard, const sip::Hash128& id, std::uint64_t tag) noexcept;
    void remove(Shard& shard, const sip::Hash128& id) noexcept;
    void forget_silent(Shard& shard) noexcept;
    struct Changes;
    /// Which end a description is of, and how the other one is to see its media.
    struct Sender {
        unsigned leg = 0;
        sip::MediaProtection protection = sip::MediaProtection::same;
    };
    bool change_media(Call& call, const Sender& sender, const sip::SessionDescription& description,
                      Changes& changes, Time now) noexcept;
    bool bridge(Medium& medium, unsigned leg, const sip::SdpMedia& media,
                sip::SdpMediaChange& change, std::span<char> crypto_text) noexcept;
    bool agree(Medium& medium, unsigned leg, const sip::SdpMedia& media) noexcept;

    RelayControl& relay_;
    sip::KeyedHash hash_;
    sip::MediaProtection protection_;
    std::string address_;
    std::string_view address_type_;
    std::unique_ptr<std::array<Shard, shards_number>> shards_;
};

}  // namespace busyhour::engine
