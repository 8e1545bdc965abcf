#include "engine/io/stream_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace busyhour::engine::io {
namespace {

bool would_block() noexcept {
    return errno == EAGAIN;  // EWOULDBLOCK is the same number on Linux
}

/// The error after a call on `tls` that did not succeed; leaves OpenSSL's list of errors empty.
int error_of(SSL* tls, int result) noexcept {
    const int error = SSL_get_error(tls, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) ERR_clear_error();
    return error;
}

}  // namespace

void StreamConnection::FreeTls::operator()(ssl_st* tls) const noexcept {
    SSL_free(tls);
}

StreamConnection::StreamConnection() noexcept = default;
StreamConnection::StreamConnection(StreamConnection&& other) noexcept = default;
StreamConnection& StreamConnection::operator=(StreamConnection&& other) noexcept = default;
StreamConnection::~StreamConnection() = default;

bool StreamConnection::start_tls(const TlsContext& context, bool is_server) noexcept {
    tls_.reset(SSL_new(context.get()));
    if (!tls_ || SSL_set_fd(tls_.get(), socket_.number()) != 1) return false;
    is_server ? SSL_set_accept_state(tls_.get()) : SSL_set_connect_state(tls_.get());
    return true;
}

bool StreamConnection::accept(Descriptor socket, const TlsContext* tls,
                              StreamShared shared) noexcept {
    socket_ = std::move(socket);
    ++shared.counts.accepted;
    state_ = tls != nullptr ? StreamState::handshaking : StreamState::open;
    return tls == nullptr || start_tls(*tls, true);
}

bool StreamConnection::connect(const Peer& to, const Peer* local, const TlsContext* tls,
                               const TlsSession* session) noexcept {
    const int family = is_ipv4(to) ? AF_INET : AF_INET6;
    socket_ = Descriptor(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_.is_open()) return false;
    set_option(socket_.number(), IPPROTO_TCP, TCP_NODELAY, 1);
    SocketAddress address;
    if (local != nullptr) {
        // The port is chosen when the far end is known, so that ports last for many connections.
        set_option(socket_.number(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
        to_socket_address(*local, address);
        if (bind(socket_.number(), address.data(), address.size) != 0) return false;
    }
    if (tls != nullptr) {
        if (!start_tls(*tls, false)) return false;
        if (session != nullptr && session->get() != nullptr) {
            SSL_set_session(tls_.get(), session->get());
        }
    }
    to_socket_address(to, address);
    state_ = StreamState::connecting;
    return ::connect(socket_.number(), address.data(), address.size) == 0 || errno == EINPROGRESS;
}

bool StreamConnection::finish_connect(StreamShared shared) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        ++shared.counts.failed;
        return false;
    }
    ++shared.counts.connected;
    state_ = tls_ ? StreamState::handshaking : StreamState::open;
    return true;
}

bool StreamConnection::finish_handshake(StreamShared shared) noexcept {
    const int result = SSL_do_handshake(tls_.get());
    if (result == 1) {
        state_ = StreamState::open;
        handshake_wants_write_ = false;
        is_resumed_ = SSL_session_reused(tls_.get()) == 1;
        ++(is_resumed_ ? shared.counts.handshakes_resumed : shared.counts.handshakes_full);
        return true;
    }
    const int error = error_of(tls_.get(), result);
    handshake_wants_write_ = error == SSL_ERROR_WANT_WRITE;
    if (handshake_wants_write_ || error == SSL_ERROR_WANT_READ) return true;
    ++shared.counts.handshakes_failed;
    is_broken_ = true;
    return false;
}

bool StreamConnection::advance(StreamShared shared) noexcept {
    if (state_ == StreamState::connecting && !finish_connect(shared)) return false;
    if (state_ == StreamState::handshaking && !finish_handshake(shared)) return false;
    return state_ != StreamState::open || flush(shared);
}

std::ptrdiff_t StreamConnection::receive_some(std::span<std::uint8_t> room,
                                              Arrival& arrival) noexcept {
    if (!tls_) {
        const ssize_t size = recv(socket_.number(), room.data(), room.size(), 0);
        arrival.has_ended = size == 0 || (size < 0 && !would_block());
        arrival.has_more = size == std::ssize(room);
        is_broken_ = is_broken_ || (size < 0 && arrival.has_ended);
        return std::max<ssize_t>(size, 0);
    }
    std::size_t size = 0;
    const int result = SSL_read_ex(tls_.get(), room.data(), room.size(), &size);
    if (result == 1) {
        arrival.has_more = SSL_has_pending(tls_.get()) == 1;
        return static_cast<std::ptrdiff_t>(size);
    }
    const int error = error_of(tls_.get(), result);
    arrival.has_ended = error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
    is_broken_ = is_broken_ || (arrival.has_ended && error != SSL_ERROR_ZERO_RETURN);
    return 0;
}

Arrival StreamConnection::read(std::span<std::uint8_t> room, StreamShared shared) noexcept {
    std::copy_n(kept_.begin(), kept_size_, room.begin());
    shared.pool.give_back(std::exchange(kept_, {}));
    const std::size_t before = std::exchange(kept_size_, 0);
    Arrival arrival;
    const auto size = static_cast<std::size_t>(receive_some(room.subspan(before), arrival));
    shared.counts.octets_received += size;
    arrival.octets = room.first(before + size);
    return arrival;
}

bool StreamConnection::keep(std::span<const std::uint8_t> rest, StreamShared shared) noexcept {
    if (rest.empty()) return true;
    kept_ = shared.pool.take(rest.size());
    if (kept_.empty()) {
        ++shared.counts.buffers_missing;
        return false;
    }
    std::ranges::copy(rest, kept_.begin());
    kept_size_ = static_cast<std::uint32_t>(rest.size());
    return true;
}

std::ptrdiff_t StreamConnection::send_some(std::span<const std::uint8_t> octets) noexcept {
    if (!tls_) {
        const ssize_t size = send(socket_.number(), octets.data(), octets.size(), MSG_NOSIGNAL);
        if (size >= 0) return size;
        is_broken_ = !would_block();
        return is_broken_ ? -1 : 0;
    }
    std::size_t size = 0;
    const int result = SSL_write_ex(tls_.get(), octets.data(), octets.size(), &size);
    if (result == 1) return static_cast<std::ptrdiff_t>(size);
    const int error = error_of(tls_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
    is_broken_ = true;
    return -1;
}

bool StreamConnection::flush(StreamShared shared) noexcept {
    while (backlog_begin_ < backlog_end_) {
        const std::ptrdiff_t size =
            send_some(backlog_.subspan(backlog_begin_, backlog_end_ - backlog_begin_));
        if (size < 0) return false;
        if (size == 0) return true;
        backlog_begin_ += static_cast<std::uint32_t>(size);
        shared.counts.octets_sent += static_cast<std::uint64_t>(size);
    }
    shared.pool.give_back(std::exchange(backlog_, {}));
    backlog_begin_ = backlog_end_ = 0;
    return true;
}

/// Moves what waits to a larger buffer where `octets` do not fit behind it.
bool StreamConnection::queue(std::span<const std::uint8_t> octets, StreamShared shared) noexcept {
    if (octets.size() > backlog_.size() - backlog_end_) {
        const std::size_t waiting = backlog_octets();
        const std::span<std::uint8_t> larger = shared.pool.take(waiting + octets.size());
        if (larger.empty()) {
            ++shared.counts.backlog_overflows;
            return false;
        }
        std::copy_n(backlog_.begin() + backlog_begin_, waiting, larger.begin());
        shared.pool.give_back(std::exchange(backlog_, larger));
        backlog_begin_ = 0;
        backlog_end_ = static_cast<std::uint32_t>(waiting);
    }
    std::ranges::copy(octets, backlog_.begin() + backlog_end_);
    backlog_end_ += static_cast<std::uint32_t>(octets.size());
    return true;
}

bool StreamConnection::write(std::span<const std::uint8_t> octets, StreamShared shared) noexcept {
    if (state_ == StreamState::closed || is_broken_) return false;
    if (state_ != StreamState::open || backlog_octets() > 0) return queue(octets, shared);
    while (!octets.empty()) {
        const std::ptrdiff_t size = send_some(octets);
        if (size < 0) return false;
        if (size == 0) return queue(octets, shared);
        shared.counts.octets_sent += static_cast<std::uint64_t>(size);
        octets = octets.subspan(static_cast<std::size_t>(size));
    }
    return true;
}

void StreamConnection::close(StreamShared shared, bool is_abrupt) noexcept {
    if (is_abrupt && socket_.is_open()) {
        const linger none{.l_onoff = 1, .l_linger = 0};
        setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
        // Else OpenSSL would think the session spoiled, and never resume it.
        if (tls_ && !is_broken_) {
            SSL_set_shutdown(tls_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        }
    } else if (tls_ && state_ == StreamState::open && !is_broken_) {
        SSL_shutdown(tls_.get());
        ERR_clear_error();
    }
    shared.pool.give_back(std::exchange(kept_, {}));
    shared.pool.give_back(std::exchange(backlog_, {}));
    *this = StreamConnection();
}

TlsSession StreamConnection::session() const {
    if (!tls_) return {};
    TlsSession session(SSL_get1_session(tls_.get()));
    const bool is_resumable =
        session.get() != nullptr && SSL_SESSION_is_resumable(session.get()) == 1;
    return is_resumable ? std::move(session) : TlsSession();
}

bool StreamConnection::has_pending() const noexcept {
    return tls_ && SSL_has_pending(tls_.get()) == 1;
}

bool StreamConnection::wants_write() const noexcept {
    return state_ == StreamState::connecting || handshake_wants_write_ ||
           (state_ == StreamState::open && backlog_octets() > 0);
}

}  // namespace busyhour::engine::io
