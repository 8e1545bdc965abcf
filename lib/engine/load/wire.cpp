#include "engine/load/wire.h"

#include "engine/load/octets.h"
#include "engine/sip/stream_framer.h"

#include <algorithm>

namespace busyhour::engine::load {
namespace {

constexpr std::uint64_t udp_token = std::uint64_t{1} << 32U;

/// "127.0.0.1:40001": an address without its transport.
std::string sent_by(const Peer& peer) {
    return io::to_text(peer).substr(4);
}

std::string host(const Peer& peer) {
    const std::string text = sent_by(peer);
    return text.substr(0, text.rfind(':'));
}

}  // namespace

Wire::Wire(const WireOptions& options, Generator& generator)
    : generator_(generator),
      sources_(options.sources),
      links_(generator.connections_max() + (generator.scenario().is_reliable() ? 1 : 0)),
      resumes_(options.resumes),
      received_(64, 4096),
      to_send_(64, options.merges),
      // While it connects, each connection borrows a buffer for what it will send.
      pool_(std::clamp<std::size_t>(links_.size(), 1, 65536),
            generator.scenario().is_reliable() ? 64 : 1),
      room_(io::StreamConnection::room_octets) {
    const Scenario& scenario = generator.scenario();
    if (scenario.target.transport == Transport::tls) tls_ = io::TlsContext::client(options.tls);
    if (scenario.is_reliable()) {
        io::ignore_broken_pipes();
        // Nobody connects to a port that is used once.
        generator.set_local_address(0, {host(sources_.front())});
        return;
    }
    for (std::size_t i = 0; i < scenario.sockets_number; ++i) {
        sockets_.emplace_back(io::UdpOptions{.local = sources_[i % sources_.size()]});
        generator.set_local_address(i, {sent_by(sockets_.back().local())});
        loop_.add(sockets_.back().descriptor(), udp_token + i);
    }
    dropped_.resize(sockets_.size());
}

Peer Wire::peer_of(std::uint32_t connection) const noexcept {
    Peer peer = generator_.scenario().target;
    peer.connection = connection;
    return peer;
}

WireCounts Wire::counts() const noexcept {
    return counts_;
}

void Wire::clear_counts() noexcept {
    counts_ = {};
    connect_delay_ = Histogram();
}

void Wire::flush(Outbox& out) noexcept {
    if (!out.is_empty()) {
        if (links_.empty()) {
            flush_datagrams(out);
        } else {
            flush_streams(out);
        }
        out.clear();
    }
    for (const std::uint32_t connection : generator_.closing()) close(connection);
    generator_.clear_closing();
}

/// Neighbours of one socket leave together.
void Wire::flush_datagrams(const Outbox& out) noexcept {
    std::size_t socket = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const OutgoingMessage message = out[i];
        if (to_send_.is_full() || (message.to.listener != socket && !to_send_.is_empty())) {
            to_send_.send(sockets_[socket], counts_.sent);
        }
        socket = message.to.listener;
        to_send_.add(message.to, message.bytes);
    }
    if (!to_send_.is_empty()) to_send_.send(sockets_[socket], counts_.sent);
}

void Wire::flush_streams(const Outbox& out) noexcept {
    const Time now = io::clock_now();
    for (std::size_t i = 0; i < out.size(); ++i) {
        const OutgoingMessage message = out[i];
        const std::uint32_t connection = message.to.connection;
        Link& link = links_[connection];
        const bool is_there =
            link.stream.state() != io::StreamState::closed || open(connection, now);
        // What cannot be sent is told when the loop finds the connection broken, or by a timer.
        if (is_there && link.stream.write(message.bytes, shared())) wait_for_write(connection);
    }
}

bool Wire::open(std::uint32_t connection, Time now) noexcept {
    Link& link = links_[connection];
    const Peer& source = sources_[connection % sources_.size()];
    const io::TlsContext* tls = tls_ ? &*tls_ : nullptr;
    link.begun = now;
    link.searched = 0;
    const bool is_begun = link.stream.connect(generator_.scenario().target, &source, tls,
                                              resumes_ ? &session_ : nullptr);
    link.wants_write = true;
    if (is_begun && loop_.try_add(link.stream.descriptor(), connection, true)) return true;
    ++counts_.streams.failed;
    link.stream.close(shared(), true);
    return false;
}

void Wire::wait_for_write(std::uint32_t connection) noexcept {
    Link& link = links_[connection];
    const bool wants_write = link.stream.wants_write();
    if (wants_write == link.wants_write) return;
    link.wants_write = wants_write;
    loop_.change(link.stream.descriptor(), connection, wants_write);
}

/// A connection of its own for each registration is reset once it is done with, as its port would
/// else be taken for a minute, and there are but 28,000 of them.
void Wire::close(std::uint32_t connection) noexcept {
    Link& link = links_[connection];
    if (link.stream.state() == io::StreamState::closed) return;
    if (resumes_ && session_.get() == nullptr) session_ = link.stream.session();
    link.stream.close(shared(), true);
}

void Wire::wait(Time until, Outbox& out) noexcept {
    const Time before = io::clock_now();
    for (const io::Event& event : loop_.wait(before, until)) {
        if (event.token >= udp_token) {
            receive_datagrams(event.token - udp_token, out);
        } else {
            link_event(static_cast<std::uint32_t>(event.token), io::clock_now(), out);
        }
    }
}

void Wire::receive_datagrams(std::size_t socket, Outbox& out) noexcept {
    const std::size_t number = received_.receive(sockets_[socket]);
    const Time now = io::clock_now();
    for (std::size_t i = 0; i < number; ++i) {
        const io::Datagram datagram = received_[i];
        Peer from = datagram.from;
        from.listener = static_cast<std::uint8_t>(socket);
        generator_.receive(datagram.bytes, from, now, out);
    }
    counts_.socket_drops += received_.dropped_since(dropped_[socket]);
    flush(out);
}

void Wire::link_event(std::uint32_t connection, Time now, Outbox& out) noexcept {
    Link& link = links_[connection];
    if (link.stream.state() == io::StreamState::closed) return;
    const bool was_open = link.stream.state() == io::StreamState::open;
    bool is_alive = link.stream.advance(shared());
    const bool is_open = link.stream.state() == io::StreamState::open;
    if (is_alive && is_open && !was_open) {
        connect_delay_.record(now - link.begun);
        is_alive = link.stream.advance(shared());
    }
    if (is_alive && is_open) is_alive = read_link(connection, now, out);
    if (is_alive && link.stream.state() != io::StreamState::closed) {
        wait_for_write(connection);
    } else if (!is_alive) {
        link.stream.close(shared(), true);
        generator_.closed(peer_of(connection), now, out);
    }
    flush(out);
}

bool Wire::read_link(std::uint32_t connection, Time now, Outbox& out) noexcept {
    Link& link = links_[connection];
    for (;;) {
        io::Arrival arrival = link.stream.read(room_, shared());
        if (!take_frames(connection, arrival, now, out)) return false;
        if (arrival.has_ended) return false;
        if (!arrival.has_more) return true;
    }
}

/// False where the octets are no SIP, or cannot be kept.
bool Wire::take_frames(std::uint32_t connection, io::Arrival& arrival, Time now,
                       Outbox& out) noexcept {
    Link& link = links_[connection];
    std::span<const std::uint8_t> rest = arrival.octets;
    while (!rest.empty()) {
        const sip::Frame frame = sip::next_frame(as_text(rest), link.searched);
        if (frame.kind == sip::FrameKind::malformed) return false;
        if (frame.kind == sip::FrameKind::incomplete) break;
        link.searched = 0;
        if (frame.kind == sip::FrameKind::message) {
            generator_.receive(rest.first(frame.size), peer_of(connection), now, out);
        }
        rest = rest.subspan(frame.size);
    }
    return link.stream.keep(rest, shared());
}

std::size_t Wire::connect_users(Time deadline, const std::function<bool()>& is_interrupted) {
    constexpr std::size_t at_a_time = 256;
    const std::size_t users_number = generator_.scenario().users.size();
    Outbox out(16, 65536);
    std::size_t next = 0;
    for (;;) {
        const Time now = io::clock_now();
        const std::size_t done =
            counts_.streams.failed + connect_delay_.count() + counts_.streams.handshakes_failed;
        while (next < users_number && next < done + at_a_time) {
            if (!open(static_cast<std::uint32_t>(++next), now)) break;
        }
        const bool is_over = done >= users_number || now >= deadline || is_interrupted();
        if (is_over || (next < users_number && next < done)) break;
        wait(std::min(deadline, now + std::chrono::milliseconds(100)), out);
    }
    std::size_t connected = 0;
    for (std::size_t user = 0; user < users_number; ++user) {
        const Link& link = links_[user + 1];
        if (link.stream.state() != io::StreamState::open) continue;
        ++connected;
        const Peer local = io::local_address(link.stream.descriptor(), Transport::tcp);
        generator_.set_local_address(user, {sent_by(local)});
    }
    return connected;
}

}  // namespace busyhour::engine::load
