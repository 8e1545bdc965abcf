#include "engine/call_media.h"

#include "engine/sip/host_address.h"

#include <openssl/rand.h>

#include <algorithm>
#include <bit>

namespace busyhour::engine {
namespace {

using sip::MediaVerdict;

std::string text_of_address(const sip::HostAddress& address) {
    std::array<char, 64> octets{};
    sip::Writer writer(octets);
    sip::write_host_address(writer, address);
    return std::string(writer.written());
}

bool is_unspecified(const sip::HostAddress& address) noexcept {
    const auto last = address.end() - (sip::is_ipv4(address) ? 4 : 0);
    const auto first = sip::is_ipv4(address) ? last : address.begin();
    return std::all_of(first, address.end(), [](std::uint8_t octet) { return octet == 0; });
}

/// Nothing is known of a far end that gives a name, or the address of a call on hold (rfc3264 8.4).
RelayRemote remote_of(const sip::SdpMedia& media) noexcept {
    RelayRemote remote;
    if (!media.connection) return remote;
    const std::string_view text = media.connection->address;
    const auto address = sip::parse_host_address(text.substr(0, text.find('/')));
    if (!address || is_unspecified(*address)) return remote;
    remote.rtp.address = *address;
    remote.rtp.port = media.port;
    remote.rtcp_port = static_cast<std::uint16_t>(media.port + 1);
    if (media.rtcp) remote.rtcp_port = media.rtcp->port;
    if (media.has_rtcp_mux) remote.rtcp_port = media.port;
    return remote;
}

bool is_secure(const sip::SdpMedia& media) noexcept {
    return media.protocol.find("SAVP") != media.protocol.npos;
}

/// "RTP/SAVPF" for "RTP/AVPF", and so on.
std::string_view protocol_of(bool is_secure, std::string_view protocol) noexcept {
    const bool has_feedback = protocol.ends_with("AVPF");
    if (is_secure) return has_feedback ? "RTP/SAVPF" : "RTP/SAVP";
    return has_feedback ? "RTP/AVPF" : "RTP/AVP";
}

/// A key of our own; nothing where the system gives no random numbers.
std::optional<rtp::SdesCrypto> new_key(std::uint32_t tag, rtp::SrtpSuite suite) noexcept {
    rtp::SdesCrypto crypto{.tag = tag, .parameters = {.suite = suite, .key = {}}};
    rtp::SrtpKey& key = crypto.parameters.key;
    const auto fill = [](auto& octets) {
        return RAND_bytes(octets.data(), static_cast<int>(octets.size())) == 1;
    };
    if (!fill(key.master_key.octets)) return std::nullopt;
    if (!fill(key.master_salt.octets)) return std::nullopt;
    // Of the salt a suite may use less; the rest would not survive being written.
    const std::size_t used = rtp::sizes_of(suite).salt_octets;
    std::fill(key.master_salt.octets.begin() + static_cast<std::ptrdiff_t>(used),
              key.master_salt.octets.end(), std::uint8_t{0});
    return crypto;
}

bool is_relayable(const sip::SdpMedia& media) noexcept {
    return media.port != 0 && media.protocol.find("RTP/") != media.protocol.npos;
}

}  // namespace

CallMedia::CallMedia(const CallMediaOptions& options, RelayControl& relay)
    : relay_(relay),
      hash_(options.secret),
      protection_(options.protection),
      address_(text_of_address(options.address.address)),
      address_type_(sip::is_ipv4(options.address.address) ? "IP4" : "IP6"),
      shards_(std::make_unique<std::array<Shard, shards_number>>()) {
    // Calls fall unevenly into the shards; a quarter more (and some) is room enough for that.
    const std::size_t each = options.calls_max / shards_number;
    const std::size_t rows = each + each / 4 + 64;
    for (Shard& shard : *shards_) {
        shard.calls.resize(rows);
        shard.buckets.assign(std::bit_ceil(rows), none);
        for (std::uint32_t row = 0; row < rows; ++row) {
            shard.calls[row].next = shard.free;
            shard.free = row;
        }
    }
}

CallMedia::Shard& CallMedia::shard_of(const sip::Hash128& id) const noexcept {
    return (*shards_)[id.high % shards_number];
}

std::uint32_t& CallMedia::bucket_of(Shard& shard, const sip::Hash128& id) noexcept {
    return shard.buckets[id.low & (shard.buckets.size() - 1)];
}

CallMedia::Call* CallMedia::find(Shard& shard, const sip::Hash128& id) noexcept {
    for (std::uint32_t row = bucket_of(shard, id); row != none; row = shard.calls[row].next) {
        if (shard.calls[row].id == id) return &shard.calls[row];
    }
    return nullptr;
}

CallMedia::Call* CallMedia::add(Shard& shard, const sip::Hash128& id, std::uint64_t tag) noexcept {
    if (shard.free == none) forget_silent(shard);
    if (shard.free == none) return nullptr;
    const std::uint32_t row = shard.free;
    Call& call = shard.calls[row];
    shard.free = call.next;
    std::uint32_t& bucket = bucket_of(shard, id);
    call = {.id = id, .first_tag = tag, .next = bucket, .is_used = true};
    bucket = row;
    ++shard.used;
    return &call;
}

void CallMedia::remove(Shard& shard, const sip::Hash128& id) noexcept {
    std::uint32_t* link = &bucket_of(shard, id);
    while (*link != none && !(shard.calls[*link].id == id)) link = &shard.calls[*link].next;
    if (*link == none) return;
    const std::uint32_t row = *link;
    Call& call = shard.calls[row];
    for (Medium& medium : call.media) {
        if (medium.relayed.id != 0) relay_.close(medium.relayed.id);
        medium = {};  // no key outlives its call
    }
    *link = call.next;
    call.is_used = false;
    call.next = shard.free;
    shard.free = row;
    --shard.used;
}

/// Calls that nobody ended, and whose media the relay gave up.
void CallMedia::forget_silent(Shard& shard) noexcept {
    for (const Call& call : shard.calls) {
        if (!call.is_used) continue;
        const bool is_alive =
            std::any_of(call.media.begin(), call.media.end(), [this](const Medium& medium) {
                return medium.relayed.id != 0 && relay_.is_open(medium.relayed.id);
            });
        if (is_alive) continue;
        remove(shard, sip::Hash128(call.id));
        ++shard.counts.calls_silent;
    }
}

/// What is written of a description, and the keys in it.
struct CallMedia::Changes {
    std::array<sip::SdpMediaChange, sip::SessionDescription::media_max> media{};
    std::array<std::array<char, rtp::sdes_octets_max>, media_max> crypto_texts{};
};

/// Takes the far end's key, or finds that it has none to offer. False where SRTP cannot come about.
bool CallMedia::agree(Medium& medium, unsigned leg, const sip::SdpMedia& media) noexcept {
    End& end = medium.ends[leg];
    end.is_described = true;
    end.is_secure = is_secure(media);
    const bool must_answer = !end.received && end.sent;
    std::optional<rtp::SdesCrypto> found;
    std::string_view lines = media.lines;
    while (end.is_secure && !found) {
        const auto value = sip::next_attribute(lines, "crypto");
        if (!value) return false;
        const rtp::SdesParsed parsed = rtp::parse_sdes(*value);
        const bool fits = !must_answer || rtp::is_answer_to(*end.sent, parsed.crypto);
        if (parsed.is_done() && fits) found = parsed.crypto;
    }
    if (found == end.received) return true;
    // Our own key stays where it goes with theirs: another branch of a fork, or the answer to a
    // later offer, was offered that one and learns of no other.
    const bool keeps_own = found && end.sent && rtp::is_answer_to(*end.sent, *found);
    if (!found) {
        end.sent.reset();
    } else if (!keeps_own) {
        end.sent = new_key(found->tag, found->parameters.suite);
        if (!end.sent) return false;
    }
    end.received = found;
    const auto parameters = [](const std::optional<rtp::SdesCrypto>& crypto) {
        return crypto ? std::optional(crypto->parameters) : std::nullopt;
    };
    return relay_.set_keys(medium.relayed.id, leg, parameters(end.received), parameters(end.sent));
}

bool CallMedia::bridge(Medium& medium, unsigned leg, const sip::SdpMedia& media,
                       sip::SdpMediaChange& change, std::span<char> crypto_text) noexcept {
    if (!agree(medium, leg, media)) return false;
    End& other = medium.ends[1 - leg];
    // Who has not spoken yet is offered what this end does not do.
    if (!other.is_described) other.is_secure = !medium.ends[leg].is_secure;
    change.protocol = protocol_of(other.is_secure, media.protocol);
    change.drops_crypto = true;
    if (!other.is_secure) return true;
    if (!other.sent) other.sent = new_key(1, rtp::SrtpSuite::aes_cm_128_hmac_sha1_80);
    if (!other.sent) return false;
    const std::size_t size = rtp::write_sdes(*other.sent, crypto_text);
    change.crypto_values = {crypto_text.data(), size};
    return size != 0;
}

/// False where the relay has no ports left, or cannot agree on keys.
bool CallMedia::change_media(Call& call, const Sender& sender,
                             const sip::SessionDescription& description, Changes& changes,
                             Time now) noexcept {
    const auto [leg, protection] = sender;
    const std::span<const sip::SdpMedia> media = description.media();
    for (std::size_t i = 0; i < std::min(media.size(), media_max); ++i) {
        if (!is_relayable(media[i])) continue;
        Medium& medium = call.media[i];
        if (medium.relayed.id == 0 || !relay_.is_open(medium.relayed.id)) {
            const auto opened = relay_.open(now);
            if (!opened) return false;
            const bool wants_secure = protection == sip::MediaProtection::secure;
            medium = {};
            medium.relayed = *opened;
            medium.is_bridged =
                protection != sip::MediaProtection::same && wants_secure != is_secure(media[i]);
        }
        sip::SdpMediaChange& change = changes.media[i];
        change = {.is_relayed = true,
                  .address_type = address_type_,
                  .address = address_,
                  .port = medium.relayed.ports[1 - leg]};
        if (medium.is_bridged && !bridge(medium, leg, media[i], change, changes.crypto_texts[i])) {
            return false;
        }
        // After the keys, so that nothing passes without them.
        relay_.set_remote(medium.relayed.id, leg, remote_of(media[i]));
    }
    return true;
}

MediaVerdict CallMedia::rewrite(const sip::MediaMessage& message, Time now,
                                sip::Writer& body) noexcept {
    const sip::Hash128 id = sip::KeyedHash(hash_).add(message.call_id).value128();
    const std::uint64_t tag = sip::KeyedHash(hash_).add(message.sender_tag).value();
    Shard& shard = shard_of(id);
    sip::SessionDescription description;
    const bool is_parsed = sip::parse_sdp(message.body, description);
    Changes changes;
    const std::lock_guard lock(shard.mutex);
    if (!is_parsed) {
        ++shard.counts.malformed;
        return MediaVerdict::unchanged;
    }
    const std::span<const sip::SdpMedia> media = description.media();
    const std::size_t relayed = std::min(media.size(), media_max);
    if (std::none_of(media.begin(), media.begin() + static_cast<std::ptrdiff_t>(relayed),
                     is_relayable)) {
        return MediaVerdict::unchanged;
    }
    Call* call = find(shard, id);
    const bool is_new = call == nullptr;
    if (is_new && message.opens_call) call = add(shard, id, tag);
    const Sender sender = {.leg = call != nullptr && call->first_tag == tag ? 0U : 1U,
                           .protection = message.protection == sip::MediaProtection::same
                                             ? protection_
                                             : message.protection};
    if (call == nullptr || !change_media(*call, sender, description, changes, now)) {
        ++shard.counts.calls_refused;
        if (call != nullptr && is_new) remove(shard, id);
        return MediaVerdict::refused;
    }
    if (is_new) ++shard.counts.calls_opened;
    if (message.accepts_call) call->is_accepted = true;
    sip::write_relayed_sdp(body, message.body, description,
                           std::span(changes.media).first(media.size()));
    return MediaVerdict::rewritten;
}

bool CallMedia::end(std::string_view call_id, Time /*now*/) noexcept {
    const sip::Hash128 id = sip::KeyedHash(hash_).add(call_id).value128();
    Shard& shard = shard_of(id);
    const std::lock_guard lock(shard.mutex);
    if (find(shard, id) == nullptr) return false;
    remove(shard, id);
    ++shard.counts.calls_ended;
    return true;
}

bool CallMedia::fail(std::string_view call_id, Time now) noexcept {
    const sip::Hash128 id = sip::KeyedHash(hash_).add(call_id).value128();
    Shard& shard = shard_of(id);
    {
        const std::lock_guard lock(shard.mutex);
        const Call* call = find(shard, id);
        if (call == nullptr || call->is_accepted) return false;
    }
    return end(call_id, now);
}

bool CallMedia::knows(std::string_view call_id) const noexcept {
    const sip::Hash128 id = sip::KeyedHash(hash_).add(call_id).value128();
    Shard& shard = shard_of(id);
    const std::lock_guard lock(shard.mutex);
    return find(shard, id) != nullptr;
}

CallMediaCounts CallMedia::counts() const noexcept {
    CallMediaCounts sum;
    for (const Shard& shard : *shards_) {
        const std::lock_guard lock(shard.mutex);
        sum.calls_opened += shard.counts.calls_opened;
        sum.calls_ended += shard.counts.calls_ended;
        sum.calls_silent += shard.counts.calls_silent;
        sum.calls_refused += shard.counts.calls_refused;
        sum.malformed += shard.counts.malformed;
    }
    return sum;
}

std::size_t CallMedia::calls() const noexcept {
    std::size_t number = 0;
    for (const Shard& shard : *shards_) {
        const std::lock_guard lock(shard.mutex);
        number += shard.used;
    }
    return number;
}

}  // namespace busyhour::engine
