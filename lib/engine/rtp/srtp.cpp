#include "engine/rtp/srtp.h"

#include "engine/rtp/octets.h"
#include "engine/rtp/packet.h"
#include "engine/rtp/srtp_primitives.h"

#include <openssl/rand.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <exception>

namespace busyhour::engine::rtp {
namespace {

/// Header and SSRC of the first packet, which SRTCP leaves readable. Source: rfc3711 3.4.
constexpr std::size_t srtcp_header_octets = 8;

/// Of a UDP datagram: what is longer came by no network.
constexpr std::size_t srtp_packet_octets_max = 65535;

/// The library's own state is made once, before the first session of any thread.
bool is_library_ready() noexcept {
    static const bool is_ready = [] {
        srtp_init();  // fails where another part of the process did it; if not, no session is made
        return install_srtp_primitives();
    }();
    return is_ready;
}

void set_policies(SrtpSuite suite, srtp_policy_t& policy) noexcept {
    switch (suite) {
        case SrtpSuite::aes_cm_128_hmac_sha1_80:
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
            return;
        case SrtpSuite::aes_cm_128_hmac_sha1_32:
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
            srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
            return;
        case SrtpSuite::aead_aes_128_gcm:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
            return;
    }
}

SrtpFailure failure_of(srtp_err_status_t status) noexcept {
    switch (status) {
        case srtp_err_status_ok:
            return SrtpFailure::none;
        case srtp_err_status_bad_param:
        case srtp_err_status_parse_err:
        case srtp_err_status_cant_check:  // SRTCP that is not enciphered
            return SrtpFailure::malformed;
        case srtp_err_status_auth_fail:
            return SrtpFailure::authentication;
        case srtp_err_status_replay_fail:
            return SrtpFailure::replayed;
        case srtp_err_status_replay_old:
        case srtp_err_status_pkt_idx_old:
            return SrtpFailure::too_old;
        case srtp_err_status_key_expired:
            return SrtpFailure::key_exhausted;
        default:
            return SrtpFailure::internal;
    }
}

}  // namespace

std::optional<SrtpKey> make_srtp_key() noexcept {
    SrtpKey key;
    const auto fill = [](auto& octets) {
        return RAND_bytes(octets.data(), static_cast<int>(octets.size())) == 1;
    };
    if (!fill(key.master_key.octets) || !fill(key.master_salt.octets)) return std::nullopt;
    return key;
}

void SrtpContext::Free::operator()(srtp_ctx_t_* session) const noexcept {
    srtp_dealloc(session);
}

std::optional<SrtpContext> SrtpContext::make(const SrtpParameters& parameters, Direction direction,
                                             std::size_t sources_max) noexcept {
    const bool is_mki_right = parameters.mki.size <= SrtpMki::octets_max;
    if (!is_mki_right || sources_max == 0 || !is_library_ready()) return std::nullopt;
    const SrtpSuiteSizes& sizes = sizes_of(parameters.suite);
    SrtpSecret<16 + 14> key;  // the salt stands right behind the master key
    const auto behind_key =
        std::copy_n(parameters.key.master_key.octets.begin(), sizes.key_octets, key.octets.begin());
    std::copy_n(parameters.key.master_salt.octets.begin(), sizes.salt_octets, behind_key);

    srtp_policy_t policy{};
    set_policies(parameters.suite, policy);
    policy.ssrc.type = direction == Direction::outbound ? ssrc_any_outbound : ssrc_any_inbound;
    policy.key = key.octets.data();
    policy.window_size = srtp_replay_window_packets;

    SrtpContext context;
    srtp_t session = nullptr;
    if (srtp_create(&session, &policy) != srtp_err_status_ok) return std::nullopt;
    context.session_.reset(session);
    try {
        context.sources_.reserve(sources_max);
    } catch (const std::exception&) {
        return std::nullopt;
    }
    context.sources_max_ = sources_max;
    context.mki_ = parameters.mki;
    context.packets_left_.fill(parameters.lifetime_packets);
    context.tags_[0] = {sizes.rtp_tag_octets, sizes.rtp_tag_octets};
    context.tags_[1] = {sizes.rtcp_tag_octets + srtcp_index_octets, sizes.rtcp_tag_octets};
    if (parameters.suite == SrtpSuite::aead_aes_128_gcm) {
        for (Tag& tag : context.tags_) tag.behind_mki_octets = 0;
    }
    return context;
}

bool SrtpContext::may_use(std::uint32_t source) const noexcept {
    return sources_.size() < sources_max_ ||
           std::find(sources_.begin(), sources_.end(), source) != sources_.end();
}

void SrtpContext::note(std::uint32_t source) noexcept {
    if (std::find(sources_.begin(), sources_.end(), source) != sources_.end()) return;
    if (sources_.size() < sources_max_) sources_.push_back(source);  // reserved: never allocates
}

bool SrtpContext::is_packet(std::span<const std::uint8_t> packet, Kind kind,
                            std::size_t trailer_octets) noexcept {
    const std::size_t header_octets = kind == Kind::rtp ? fixed_header_octets : srtcp_header_octets;
    return packet.size() >= header_octets + trailer_octets &&
           packet.size() <= srtp_packet_octets_max && packet[0] >> 6U == 2;
}

std::uint32_t SrtpContext::source_of(std::span<const std::uint8_t> packet, Kind kind) noexcept {
    return read32(packet, kind == Kind::rtp ? 8 : 4);
}

SrtpResult SrtpContext::protect(std::span<std::uint8_t> room, std::size_t size,
                                Kind kind) noexcept {
    if (size > room.size()) return {0, SrtpFailure::no_room};
    if (!is_packet(room.first(size), kind, 0)) return {0, SrtpFailure::malformed};
    const Tag tag = tags_[static_cast<std::size_t>(kind)];
    if (room.size() - size < tag.added_octets + mki_.size) return {0, SrtpFailure::no_room};
    const std::uint32_t source = source_of(room, kind);
    if (!may_use(source)) return {0, SrtpFailure::too_many_sources};
    std::uint64_t& packets_left = packets_left_[static_cast<std::size_t>(kind)];
    if (packets_left == 0) return {0, SrtpFailure::key_exhausted};

    auto length = static_cast<int>(size);
    const srtp_err_status_t status = kind == Kind::rtp
                                         ? srtp_protect(session_.get(), room.data(), &length)
                                         : srtp_protect_rtcp(session_.get(), room.data(), &length);
    if (status != srtp_err_status_ok) return {0, failure_of(status)};
    note(source);
    --packets_left;
    const auto protected_octets = static_cast<std::size_t>(length);
    if (mki_.size == 0) return {protected_octets, SrtpFailure::none};
    const auto mki = room.begin() + (length - static_cast<int>(tag.behind_mki_octets));
    std::copy_backward(mki, room.begin() + length, room.begin() + length + mki_.size);
    std::copy_n(mki_.octets.begin(), mki_.size, mki);
    return {protected_octets + mki_.size, SrtpFailure::none};
}

SrtpResult SrtpContext::unprotect(std::span<std::uint8_t> packet, Kind kind) noexcept {
    const Tag tag = tags_[static_cast<std::size_t>(kind)];
    if (!is_packet(packet, kind, tag.added_octets + mki_.size)) return {0, SrtpFailure::malformed};
    const std::uint32_t source = source_of(packet, kind);
    if (!may_use(source)) return {0, SrtpFailure::too_many_sources};
    std::uint64_t& packets_left = packets_left_[static_cast<std::size_t>(kind)];
    if (packets_left == 0) return {0, SrtpFailure::key_exhausted};
    if (mki_.size != 0) {
        const auto behind = packet.end() - static_cast<std::ptrdiff_t>(tag.behind_mki_octets);
        const auto mki = behind - mki_.size;
        if (!std::equal(mki, behind, mki_.octets.begin())) return {0, SrtpFailure::authentication};
        std::copy(behind, packet.end(), mki);
        packet = packet.first(packet.size() - mki_.size);
    }
    auto length = static_cast<int>(packet.size());
    const srtp_err_status_t status =
        kind == Kind::rtp ? srtp_unprotect(session_.get(), packet.data(), &length)
                          : srtp_unprotect_rtcp(session_.get(), packet.data(), &length);
    if (status != srtp_err_status_ok) return {0, failure_of(status)};
    note(source);
    --packets_left;
    return {static_cast<std::size_t>(length), SrtpFailure::none};
}

std::optional<SrtpSender> SrtpSender::make(const SrtpParameters& parameters,
                                           std::size_t sources_max) noexcept {
    auto context = SrtpContext::make(parameters, SrtpContext::Direction::outbound, sources_max);
    if (!context) return std::nullopt;
    return SrtpSender(std::move(*context));
}

SrtpResult SrtpSender::protect(std::span<std::uint8_t> room, std::size_t size) noexcept {
    return context_.protect(room, size, SrtpContext::Kind::rtp);
}

SrtpResult SrtpSender::protect_rtcp(std::span<std::uint8_t> room, std::size_t size) noexcept {
    return context_.protect(room, size, SrtpContext::Kind::rtcp);
}

std::optional<SrtpReceiver> SrtpReceiver::make(const SrtpParameters& parameters,
                                               std::size_t sources_max) noexcept {
    auto context = SrtpContext::make(parameters, SrtpContext::Direction::inbound, sources_max);
    if (!context) return std::nullopt;
    return SrtpReceiver(std::move(*context));
}

SrtpResult SrtpReceiver::unprotect(std::span<std::uint8_t> packet) noexcept {
    return context_.unprotect(packet, SrtpContext::Kind::rtp);
}

SrtpResult SrtpReceiver::unprotect_rtcp(std::span<std::uint8_t> packet) noexcept {
    return context_.unprotect(packet, SrtpContext::Kind::rtcp);
}

}  // namespace busyhour::engine::rtp
