#pragma once

#include "engine/clock.h"
#include "engine/rtp/dtls_context.h"
#include "engine/rtp/fingerprint.h"
#include "engine/rtp/octets.h"
#include "engine/rtp/srtp.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace busyhour::engine::rtp {

enum class DtlsState : std::uint8_t {
    waiting,      ///< passive: nothing has come yet; active: not started
    handshaking,  ///< keys are being agreed upon
    unverified,   ///< done, but the far end's fingerprint is not known yet
    established,  ///< done: `keys()` are there
    closed,       ///< by the far end or this one
    failed        ///< for good: see `failure()`
};

enum class DtlsFailure : std::uint8_t {
    none,
    handshake,    ///< the ends do not get along, or someone else broke in
    fingerprint,  ///< the far end has another certificate than SDP says
    profile,      ///< no SRTP profile in common
    timed_out,
    internal  ///< the library failed
};

/// What an association agreed upon. Source: rfc5764 4.2.
struct DtlsKeys {
    SrtpParameters local;   ///< for what this end sends
    SrtpParameters remote;  ///< for what the far end sends
};

struct DtlsOptions {
    DtlsRole role = DtlsRole::passive;
    std::optional<Fingerprint> expected{};  ///< the far end's, of SDP; `expect()` may follow later
    Duration handshake_max = std::chrono::seconds(30);  ///< from the first message on
};

struct DtlsCounts {
    std::uint64_t received = 0;
    std::uint64_t ignored = 0;  ///< of them: no DTLS, too long, unauthenticated alerts, too late
    std::uint64_t sent = 0;
    std::uint64_t retransmissions = 0;  ///< flights sent again because a timer ran out
    std::uint64_t restarts = 0;  ///< handshakes that a wrong datagram ended and that began anew
};

/// One DTLS association for the keys of an SRTP session, without a socket. Source: rfc5763,
/// rfc5764.
///
/// Time: `now` decides when the whole handshake is given up, and `next_timeout()` is in its terms;
/// but how long a flight waits (1 s, doubled each time) OpenSSL measures itself, by
/// the time of day: a `timeout()` before that is up sends nothing.
///
/// Datagrams are hostile: what is no DTLS and each alert that is not authenticated are only
/// counted; a passive end whose handshake a wrong message ended begins anew, a few times. Before
/// the far end's certificate was checked everyone may talk to it, and a false message in mid-
/// handshake can make it fail: give it only what comes from the address the call is with.
/// OpenSSL allocates while it shakes hands. Not for several threads at once.
class DtlsAssociation {
public:
    DtlsAssociation(const DtlsContext& context, const DtlsOptions& options);
    DtlsAssociation(DtlsAssociation&& other) noexcept;
    DtlsAssociation& operator=(DtlsAssociation&& other) noexcept;
    ~DtlsAssociation();

    /// The active end's first message; nothing where it is passive or has begun.
    void start(Time now, DtlsDatagrams& out) noexcept;
    void receive(Octets datagram, Time now, DtlsDatagrams& out) noexcept;
    void timeout(Time now, DtlsDatagrams& out) noexcept;
    [[nodiscard]] Time next_timeout() const noexcept;

    /// The far end's fingerprint, once SDP has told it.
    void expect(const Fingerprint& fingerprint) noexcept;
    /// Tells the far end that it is over.
    void close(DtlsDatagrams& out) noexcept;

    [[nodiscard]] DtlsState state() const noexcept;
    [[nodiscard]] DtlsFailure failure() const noexcept;
    [[nodiscard]] const DtlsCounts& counts() const noexcept;
    /// Of the certificate that the far end showed, right or wrong.
    [[nodiscard]] const std::optional<Fingerprint>& remote_fingerprint() const noexcept;
    /// Empty unless `established`, afterwards also when `closed`.
    [[nodiscard]] const std::optional<DtlsKeys>& keys() const noexcept;

private:
    class Handshake;
    std::unique_ptr<Handshake> handshake_;
};

}  // namespace busyhour::engine::rtp
