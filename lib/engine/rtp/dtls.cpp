#include "engine/rtp/dtls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <sys/time.h>

namespace busyhour::engine::rtp {
namespace {

/// Source: rfc6347 4.1.
constexpr std::size_t dtls_record_header_octets = 13;
constexpr std::uint8_t dtls_alert = 21;

/// A record is no longer, and OpenSSL reads no more at once. Source: rfc6347 4.1.
constexpr std::size_t dtls_incoming_octets_max = 16384;

/// So often a passive end begins anew; then whoever disturbs it has won.
constexpr std::uint64_t dtls_restarts_max = 16;

/// Whether a datagram is a row of records; alerts of epoch 0 are not, as nobody vouches for them.
bool is_credible(Octets datagram) noexcept {
    if (datagram.empty() || datagram.size() > dtls_incoming_octets_max) return false;
    while (!datagram.empty()) {
        if (datagram.size() < dtls_record_header_octets) return false;
        if (datagram[0] < 20 || datagram[0] > 63) return false;  // rfc7983 7
        const bool is_authenticated = read16(datagram, 3) != 0;
        if (datagram[0] == dtls_alert && !is_authenticated) return false;
        const std::size_t size = dtls_record_header_octets + read16(datagram, 11);
        if (datagram.size() < size) return false;
        datagram = datagram.subspan(size);
    }
    return true;
}

}  // namespace

/// What an association is behind its pointer, at a fixed address that OpenSSL knows.
class DtlsAssociation::Handshake {
public:
    Handshake(const DtlsContext& context, const DtlsOptions& options)
        : context_(&context), options_(options) {
        port_.expected = options.expected;
        if (!make_session()) fail(DtlsFailure::internal);
    }

    void start(Time now, DtlsDatagrams& out) noexcept;
    void receive(Octets datagram, Time now, DtlsDatagrams& out) noexcept;
    void timeout(Time now, DtlsDatagrams& out) noexcept;
    void expect(const Fingerprint& fingerprint) noexcept;
    void close(DtlsDatagrams& out) noexcept;

    [[nodiscard]] Time next_timeout() const noexcept {
        return state == DtlsState::handshaking ? std::min(flight_due_, deadline_) : never;
    }

    [[nodiscard]] const std::optional<Fingerprint>& remote_fingerprint() const noexcept {
        return port_.remote;
    }

    DtlsState state = DtlsState::waiting;
    DtlsFailure failure = DtlsFailure::none;
    DtlsCounts counts;
    std::optional<DtlsKeys> keys;

private:
    struct FreeSession {
        void operator()(SSL* session) const noexcept { SSL_free(session); }
    };

    bool make_session() noexcept;
    void fail(DtlsFailure reason) noexcept;
    void begin(Time now) noexcept;
    void shake_hands(Time now) noexcept;
    void finish() noexcept;
    void verify() noexcept;
    void read_on() noexcept;
    void give_up_or_restart(std::size_t datagrams_before) noexcept;
    void set_flight_timer(Time now) noexcept;
    std::optional<DtlsKeys> export_keys(const SrtpParameters& agreed) noexcept;

    const DtlsContext* context_;
    DtlsOptions options_;
    DtlsPort port_;
    std::unique_ptr<SSL, FreeSession> session_;
    std::optional<DtlsKeys> withheld_keys_;  ///< until the fingerprint is checked
    Time deadline_ = never;
    Time flight_due_ = never;
};

bool DtlsAssociation::Handshake::make_session() noexcept {
    session_.reset(context_->make_session(options_.role, port_));
    return session_ != nullptr;
}

void DtlsAssociation::Handshake::fail(DtlsFailure reason) noexcept {
    state = DtlsState::failed;
    failure = reason;
    keys.reset();
    withheld_keys_.reset();
    session_.reset();
}

void DtlsAssociation::Handshake::begin(Time now) noexcept {
    state = DtlsState::handshaking;
    deadline_ = now + options_.handshake_max;
}

void DtlsAssociation::Handshake::start(Time now, DtlsDatagrams& out) noexcept {
    if (state != DtlsState::waiting || options_.role != DtlsRole::active) return;
    port_.outgoing = &out;
    begin(now);
    shake_hands(now);
    port_.outgoing = nullptr;
}

void DtlsAssociation::Handshake::receive(Octets datagram, Time now, DtlsDatagrams& out) noexcept {
    ++counts.received;
    const bool is_too_late = state == DtlsState::failed || state == DtlsState::closed;
    const bool is_too_early = state == DtlsState::waiting && options_.role == DtlsRole::active;
    if (is_too_late || is_too_early || !is_credible(datagram)) {
        ++counts.ignored;
        return;
    }
    port_.incoming = datagram;
    port_.outgoing = &out;
    if (state == DtlsState::waiting) begin(now);
    if (state == DtlsState::handshaking) {
        shake_hands(now);
    } else {
        read_on();
    }
    port_.incoming = {};
    port_.outgoing = nullptr;
}

void DtlsAssociation::Handshake::timeout(Time now, DtlsDatagrams& out) noexcept {
    if (state != DtlsState::handshaking) return;
    if (now >= deadline_) return fail(DtlsFailure::timed_out);
    if (now < flight_due_) return;
    port_.outgoing = &out;
    ERR_clear_error();
    const long result = SSL_ctrl(session_.get(), DTLS_CTRL_HANDLE_TIMEOUT, 0, nullptr);
    port_.outgoing = nullptr;
    counts.sent = port_.sent;
    if (result > 0) ++counts.retransmissions;
    if (result < 0) return fail(DtlsFailure::timed_out);
    set_flight_timer(now);
}

void DtlsAssociation::Handshake::shake_hands(Time now) noexcept {
    const std::size_t datagrams_before = port_.outgoing->size();
    ERR_clear_error();
    const int result = SSL_do_handshake(session_.get());
    counts.sent = port_.sent;
    if (result == 1) {
        finish();
    } else if (SSL_get_error(session_.get(), result) != SSL_ERROR_WANT_READ) {
        give_up_or_restart(datagrams_before);
    }
    set_flight_timer(now);
}

/// A fault in mid-handshake may be a stranger's: a passive end says nothing to it and waits for the
/// next first message.
void DtlsAssociation::Handshake::give_up_or_restart(std::size_t datagrams_before) noexcept {
    const bool is_impostor = port_.remote && port_.expected && port_.remote != port_.expected;
    ERR_clear_error();
    if (is_impostor) return fail(DtlsFailure::fingerprint);
    if (options_.role == DtlsRole::active || counts.restarts == dtls_restarts_max) {
        return fail(DtlsFailure::handshake);
    }
    port_.outgoing->shrink(datagrams_before);
    port_.remote.reset();
    if (!make_session()) return fail(DtlsFailure::internal);
    ++counts.restarts;
    state = DtlsState::waiting;
    deadline_ = never;
}

void DtlsAssociation::Handshake::set_flight_timer(Time now) noexcept {
    flight_due_ = never;
    timeval rest{};
    if (state != DtlsState::handshaking ||
        SSL_ctrl(session_.get(), DTLS_CTRL_GET_TIMEOUT, 0, &rest) != 1) {
        return;
    }
    flight_due_ = now + std::chrono::seconds(rest.tv_sec) + std::chrono::microseconds(rest.tv_usec);
}

void DtlsAssociation::Handshake::finish() noexcept {
    const auto agreed = agreed_parameters(*session_);
    if (!agreed) return fail(DtlsFailure::profile);
    withheld_keys_ = export_keys(*agreed);
    if (!withheld_keys_ || !port_.remote) return fail(DtlsFailure::internal);
    state = DtlsState::unverified;
    verify();
}

void DtlsAssociation::Handshake::verify() noexcept {
    if (state != DtlsState::unverified || !port_.expected) return;
    if (port_.expected != port_.remote) return fail(DtlsFailure::fingerprint);
    keys = withheld_keys_;
    withheld_keys_.reset();
    state = DtlsState::established;
}

/// Client's key, server's key, client's salt, server's salt. Source: rfc5764 4.2.
std::optional<DtlsKeys> DtlsAssociation::Handshake::export_keys(
    const SrtpParameters& agreed) noexcept {
    constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
    const SrtpSuiteSizes& sizes = sizes_of(agreed.suite);
    SrtpSecret<2 * (16 + 14)> material;
    const std::size_t size = 2 * (sizes.key_octets + sizes.salt_octets);
    if (SSL_export_keying_material(session_.get(), material.octets.data(), size, label.data(),
                                   label.size(), nullptr, 0, 0) != 1) {
        return std::nullopt;
    }
    DtlsKeys both{agreed, agreed};
    const bool is_client = options_.role == DtlsRole::active;
    SrtpParameters& client = is_client ? both.local : both.remote;
    SrtpParameters& server = is_client ? both.remote : both.local;
    const std::uint8_t* from = material.octets.data();
    const auto take = [&from](auto& secret, std::size_t octets) {
        std::copy_n(from, octets, secret.octets.begin());
        from += octets;
    };
    take(client.key.master_key, sizes.key_octets);
    take(server.key.master_key, sizes.key_octets);
    take(client.key.master_salt, sizes.salt_octets);
    take(server.key.master_salt, sizes.salt_octets);
    return both;
}

/// Afterwards nothing but a last flight that is to be sent again, and the end.
void DtlsAssociation::Handshake::read_on() noexcept {
    std::array<std::uint8_t, 64> ignored{};
    ERR_clear_error();
    int result = 0;
    do {
        result = SSL_read(session_.get(), ignored.data(), static_cast<int>(ignored.size()));
    } while (result > 0);
    counts.sent = port_.sent;
    if (SSL_get_error(session_.get(), result) == SSL_ERROR_ZERO_RETURN) state = DtlsState::closed;
    ERR_clear_error();
}

void DtlsAssociation::Handshake::expect(const Fingerprint& fingerprint) noexcept {
    port_.expected = fingerprint;
    if (state == DtlsState::established && port_.remote != fingerprint) {
        return fail(DtlsFailure::fingerprint);
    }
    verify();
}

void DtlsAssociation::Handshake::close(DtlsDatagrams& out) noexcept {
    if (state == DtlsState::failed || state == DtlsState::closed) return;
    if (state == DtlsState::unverified || state == DtlsState::established) {
        port_.outgoing = &out;
        SSL_shutdown(session_.get());
        port_.outgoing = nullptr;
        counts.sent = port_.sent;
        ERR_clear_error();
    }
    state = DtlsState::closed;
}

DtlsAssociation::DtlsAssociation(const DtlsContext& context, const DtlsOptions& options)
    : handshake_(std::make_unique<Handshake>(context, options)) {}
DtlsAssociation::DtlsAssociation(DtlsAssociation&& other) noexcept = default;
DtlsAssociation& DtlsAssociation::operator=(DtlsAssociation&& other) noexcept = default;
DtlsAssociation::~DtlsAssociation() = default;

void DtlsAssociation::start(Time now, DtlsDatagrams& out) noexcept {
    handshake_->start(now, out);
}
void DtlsAssociation::receive(Octets datagram, Time now, DtlsDatagrams& out) noexcept {
    handshake_->receive(datagram, now, out);
}
void DtlsAssociation::timeout(Time now, DtlsDatagrams& out) noexcept {
    handshake_->timeout(now, out);
}
void DtlsAssociation::expect(const Fingerprint& fingerprint) noexcept {
    handshake_->expect(fingerprint);
}
void DtlsAssociation::close(DtlsDatagrams& out) noexcept {
    handshake_->close(out);
}
Time DtlsAssociation::next_timeout() const noexcept {
    return handshake_->next_timeout();
}
DtlsState DtlsAssociation::state() const noexcept {
    return handshake_->state;
}
DtlsFailure DtlsAssociation::failure() const noexcept {
    return handshake_->failure;
}
const DtlsCounts& DtlsAssociation::counts() const noexcept {
    return handshake_->counts;
}
const std::optional<Fingerprint>& DtlsAssociation::remote_fingerprint() const noexcept {
    return handshake_->remote_fingerprint();
}
const std::optional<DtlsKeys>& DtlsAssociation::keys() const noexcept {
    return handshake_->keys;
}

}  // namespace busyhour::engine::rtp
