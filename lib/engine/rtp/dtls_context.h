#pragma once

#include "engine/certificate.h"
#include "engine/rtp/fingerprint.h"
#include "engine/rtp/octets.h"
#include "engine/rtp/srtp.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

struct bio_method_st;
struct ssl_ctx_st;
struct ssl_st;

namespace busyhour::engine::rtp {

/// UDP payload of the longest datagram that a handshake sends: fits every path that voice takes.
constexpr std::size_t dtls_datagram_octets_max = 1200;

/// The datagrams that an association wants sent, in order. What does not fit is dropped and
/// counted, as if the network had lost it: DTLS sends it again.
class DtlsDatagrams {
public:
    static constexpr std::size_t datagrams_max = 8;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Octets operator[](std::size_t index) const noexcept {
        return Octets(slots_[index].octets).first(slots_[index].size);
    }
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

    bool add(Octets datagram) noexcept;
    void clear() noexcept { size_ = 0; }
    /// Keeps the first `size` of them.
    void shrink(std::size_t size) noexcept { size_ = size < size_ ? size : size_; }

private:
    struct Slot {
        std::array<std::uint8_t, dtls_datagram_octets_max> octets{};
        std::size_t size = 0;
    };
    std::array<Slot, datagrams_max> slots_{};
    std::size_t size_ = 0;
    std::uint64_t dropped_ = 0;
};

/// Who sends the first message, as `a=setup` says (rfc4145 4).
enum class DtlsRole : std::uint8_t { active, passive };

/// What OpenSSL sees of an association while it works: a read takes the whole datagram that came
/// in, a write is a datagram, and the far end's certificate is told by its fingerprint.
struct DtlsPort {
    Octets incoming;
    DtlsDatagrams* outgoing = nullptr;
    std::uint64_t sent = 0;                 ///< datagrams
    std::optional<Fingerprint> expected{};  ///< where it is known, another ends the handshake
    std::optional<Fingerprint> remote{};    ///< of the certificate that the far end showed
};

/// What associations are made from: a certificate of its own making and the SRTP profiles, the
/// preferred first. Threads may share it; it must outlive its associations. DTLS 1.2.
class DtlsContext {
public:
    /// Throws std::runtime_error.
    explicit DtlsContext(KeyKind kind = KeyKind::ecdsa_p256,
                         std::span<const SrtpSuite> suites = std::array{
                             SrtpSuite::aead_aes_128_gcm, SrtpSuite::aes_cm_128_hmac_sha1_80,
                             SrtpSuite::aes_cm_128_hmac_sha1_32});

    /// For `a=fingerprint` of SDP.
    [[nodiscard]] const Fingerprint& fingerprint() const noexcept { return fingerprint_; }

    /// A session that works on `port`, which must outlive it; the caller's to free, null where
    /// there is no memory.
    [[nodiscard]] ssl_st* make_session(DtlsRole role, DtlsPort& port) const noexcept;

private:
    struct FreeContext {
        void operator()(ssl_ctx_st* context) const noexcept;
    };
    struct FreeMethod {
        void operator()(bio_method_st* method) const noexcept;
    };
    std::unique_ptr<ssl_ctx_st, FreeContext> context_;
    std::unique_ptr<bio_method_st, FreeMethod> method_;
    Fingerprint fingerprint_;
};

/// What a session agreed upon without its keys: suite and lifetime. Source: rfc5764 4.1.2, rfc7714
/// 14.2.
std::optional<SrtpParameters> agreed_parameters(ssl_st& session) noexcept;

}  // namespace busyhour::engine::rtp
