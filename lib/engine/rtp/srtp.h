#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

struct srtp_ctx_t_;

namespace busyhour::engine::rtp {

/// How RTP and RTCP are enciphered and authenticated. Source: rfc4568 6.2, rfc7714 14.2.
enum class SrtpSuite : std::uint8_t {
    aes_cm_128_hmac_sha1_80,
    aes_cm_128_hmac_sha1_32,
    aead_aes_128_gcm
};
constexpr std::size_t srtp_suites_number = 3;

/// What a suite needs and what it adds to a packet.
struct SrtpSuiteSizes {
    std::string_view name;            ///< as SDP writes it
    std::size_t key_octets = 0;       ///< of the master key
    std::size_t salt_octets = 0;      ///< of the master salt
    std::size_t rtp_tag_octets = 0;   ///< added to an RTP packet
    std::size_t rtcp_tag_octets = 0;  ///< added to an RTCP packet, `srtcp_index_octets` besides
};

/// E bit and 31-bit index behind each SRTCP packet. Source: rfc3711 3.4.
constexpr std::size_t srtcp_index_octets = 4;

/// Source: rfc4568 6.2 (SRTCP is authenticated by 80 bits also with _32), rfc7714 12 to 14.
constexpr std::array<SrtpSuiteSizes, srtp_suites_number> srtp_suite_sizes{
    SrtpSuiteSizes{"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10},
    SrtpSuiteSizes{"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10},
    SrtpSuiteSizes{"AEAD_AES_128_GCM", 16, 12, 16, 16}};

constexpr const SrtpSuiteSizes& sizes_of(SrtpSuite suite) noexcept {
    return srtp_suite_sizes[static_cast<std::size_t>(suite)];
}

/// A secret of fixed size that is wiped when it goes.
template <std::size_t Octets>
struct SrtpSecret {
    std::array<std::uint8_t, Octets> octets{};

    SrtpSecret() = default;
    explicit SrtpSecret(const std::array<std::uint8_t, Octets>& value) : octets(value) {}
    SrtpSecret(const SrtpSecret&) = default;
    SrtpSecret& operator=(const SrtpSecret&) = default;
    ~SrtpSecret() {
        volatile std::uint8_t* octet = octets.data();  // or the compiler would leave it out
        for (std::size_t i = 0; i < Octets; ++i) octet[i] = 0;
    }
    bool operator==(const SrtpSecret&) const = default;
};

/// Master key and master salt of one direction; of the salt GCM uses the first 12 octets.
struct SrtpKey {
    SrtpSecret<16> master_key;
    SrtpSecret<14> master_salt;
    bool operator==(const SrtpKey&) const = default;
};

/// Master key identifier, which each packet carries where `size` is not 0. Source: rfc3711 3.1.
struct SrtpMki {
    static constexpr std::size_t octets_max = 16;
    std::array<std::uint8_t, octets_max> octets{};
    std::uint8_t size = 0;  ///< octets, 0 to `octets_max`
    bool operator==(const SrtpMki&) const = default;
};

/// A new key from the system's randomness; empty where there is none.
std::optional<SrtpKey> make_srtp_key() noexcept;

/// Source: rfc3711 9.2, rfc7714 12. Of SRTCP the suites allow 2^31, which is kept besides.
constexpr std::uint64_t srtp_lifetime_packets_max = std::uint64_t{1} << 48U;

/// All that two ends agree upon for one direction.
struct SrtpParameters {
    SrtpSuite suite = SrtpSuite::aes_cm_128_hmac_sha1_80;
    SrtpKey key;
    SrtpMki mki{};
    std::uint64_t lifetime_packets = srtp_lifetime_packets_max;  ///< of RTP, and of RTCP as many
    bool operator==(const SrtpParameters&) const = default;
};

/// Octets that a packet grows by.
constexpr std::size_t srtp_overhead_octets(const SrtpParameters& p) noexcept {
    return sizes_of(p.suite).rtp_tag_octets + p.mki.size;
}
constexpr std::size_t srtcp_overhead_octets(const SrtpParameters& p) noexcept {
    return sizes_of(p.suite).rtcp_tag_octets + srtcp_index_octets + p.mki.size;
}
/// The most that any packet grows by: room to leave behind one that is to be protected.
constexpr std::size_t srtp_overhead_octets_max = 16 + srtcp_index_octets + SrtpMki::octets_max;

enum class SrtpFailure : std::uint8_t {
    none,
    malformed,         ///< no RTP or RTCP packet, or too short for what must stand behind it
    no_room,           ///< what is to be added does not fit into the span
    too_many_sources,  ///< of another SSRC than those known, which are as many as there may be
    replayed,          ///< a packet of this index was here before
    too_old,           ///< before the replay window: whether it was here before is not known
    authentication,    ///< forged, damaged or of another key
    key_exhausted,     ///< no further packet may use the key (rfc3711 9.2)
    internal           ///< the library failed: nothing that a packet could bring about
};

/// What became of a packet: its new size, or why it must be dropped. Of a dropped packet the
/// octets in the span may be spoilt.
struct SrtpResult {
    std::size_t size = 0;  ///< octets
    SrtpFailure failure = SrtpFailure::none;
    [[nodiscard]] bool is_done() const noexcept { return failure == SrtpFailure::none; }
};

/// Packets back that the replay of a packet is known for. Source: rfc3711 3.3.2 (64 at least).
constexpr unsigned srtp_replay_window_packets = 128;

/// SSRCs that one direction may use unless told otherwise.
constexpr std::size_t srtp_sources_max = 8;

/// One direction's cryptographic context of the library and the SSRCs it knows: the common part
/// of `SrtpSender` and `SrtpReceiver`.
class SrtpContext {
public:
    enum class Direction : std::uint8_t { outbound, inbound };

    /// Empty where the system has no memory or the library refuses.
    static std::optional<SrtpContext> make(const SrtpParameters& parameters, Direction direction,
                                           std::size_t sources_max) noexcept;

    [[nodiscard]] std::size_t sources_number() const noexcept { return sources_.size(); }

private:
    friend class SrtpSender;
    friend class SrtpReceiver;
    enum class Kind : std::uint8_t { rtp, rtcp };
    struct Free {
        void operator()(srtp_ctx_t_* session) const noexcept;
    };

    /// What a packet of a kind gets.
    struct Tag {
        std::size_t added_octets = 0;       ///< tag and, of RTCP, the index
        std::size_t behind_mki_octets = 0;  ///< of them, those that stand behind the MKI
    };

    SrtpContext() = default;
    SrtpResult protect(std::span<std::uint8_t> room, std::size_t size, Kind kind) noexcept;
    SrtpResult unprotect(std::span<std::uint8_t> packet, Kind kind) noexcept;
    [[nodiscard]] bool may_use(std::uint32_t source) const noexcept;
    void note(std::uint32_t source) noexcept;
    static bool is_packet(std::span<const std::uint8_t> packet, Kind kind,
                          std::size_t trailer_octets) noexcept;
    static std::uint32_t source_of(std::span<const std::uint8_t> packet, Kind kind) noexcept;

    std::unique_ptr<srtp_ctx_t_, Free> session_;
    std::vector<std::uint32_t> sources_;  ///< never beyond the capacity it was made with
    std::size_t sources_max_ = 0;
    SrtpMki mki_{};
    std::array<Tag, 2> tags_{};                    ///< by `Kind`
    std::array<std::uint64_t, 2> packets_left_{};  ///< of the key's lifetime, by `Kind`
};

/// Protects what leaves: one for each key that this end sends with.
///
/// Allocates with the first packet of an SSRC and never else. A span must begin at an address that
/// is a multiple of 4. Not for several threads at once; several senders are.
class SrtpSender {
public:
    /// Empty where the system has no memory or the library refuses.
    static std::optional<SrtpSender> make(const SrtpParameters& parameters,
                                          std::size_t sources_max = srtp_sources_max) noexcept;

    /// Protects the RTP packet in the first `size` octets of `room`. A sequence number goes out
    /// once: a second packet of the same is `replayed`, for its keystream would be the first's.
    SrtpResult protect(std::span<std::uint8_t> room, std::size_t size) noexcept;
    /// Protects the compound RTCP packet in the first `size` octets of `room`.
    SrtpResult protect_rtcp(std::span<std::uint8_t> room, std::size_t size) noexcept;

    [[nodiscard]] std::size_t sources_number() const noexcept { return context_.sources_number(); }

private:
    explicit SrtpSender(SrtpContext&& context) : context_(std::move(context)) {}
    SrtpContext context_;
};

/// Unprotects what arrives: one for each key that the far end sends with.
///
/// A packet changes nothing here until it is authenticated, so neither spoofed SSRCs take a place
/// nor wrong sequence numbers move the window. Alignment, allocation and threads as `SrtpSender`.
class SrtpReceiver {
public:
    /// Empty where the system has no memory or the library refuses.
    static std::optional<SrtpReceiver> make(const SrtpParameters& parameters,
                                            std::size_t sources_max = srtp_sources_max) noexcept;

    /// Leaves the RTP packet at the beginning of `packet`.
    SrtpResult unprotect(std::span<std::uint8_t> packet) noexcept;
    /// Leaves the compound RTCP packet at the beginning of `packet`.
    SrtpResult unprotect_rtcp(std::span<std::uint8_t> packet) noexcept;

    [[nodiscard]] std::size_t sources_number() const noexcept { return context_.sources_number(); }

private:
    explicit SrtpReceiver(SrtpContext&& context) : context_(std::move(context)) {}
    SrtpContext context_;
};

}  // namespace busyhour::engine::rtp
