#include "engine/io/streams.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <utility>

namespace busyhour::engine::io {
namespace {

constexpr int burst_max = 64;
constexpr Duration newcomer = std::chrono::seconds(1);  ///< nobody is evicted sooner
constexpr std::array<std::uint8_t, 2> pong{'\r', '\n'};

std::string_view text_of(std::span<const std::uint8_t> octets) noexcept {
    return {static_cast<const char*>(static_cast<const void*>(octets.data())), octets.size()};
}

Descriptor spare_descriptor() noexcept {
    return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

Streams::Streams(unsigned worker, const StreamLimits& limits, Framing framing, Surroundings around)
    : limits_(limits),
      framing_(framing),
      around_(around),
      table_(worker, limits.connections_max),
      pool_(limits.small_buffers, limits.large_buffers),
      room_(StreamConnection::room_octets),
      spare_(spare_descriptor()) {}

Duration Streams::limit(Waiting waiting) const noexcept {
    switch (waiting) {
        case Waiting::handshake:
            return limits_.handshake;
        case Waiting::first:
            return limits_.first_message;
        case Waiting::rest:
            return limits_.rest_of_message;
        default:
            return limits_.idle;
    }
}

/// Ends the connection that has been silent longest, if that is long enough.
bool Streams::make_room(Time now) noexcept {
    for (const Waiting waiting : {Waiting::handshake, Waiting::first}) {
        const std::uint32_t index = table_.longest(waiting);
        if (index == StreamTable::none || table_[index].since + newcomer > now) continue;
        ++ends_.evicted;
        end(table_[index].peer.connection, now);
        return true;
    }
    return false;
}

void Streams::refuse_connection(const StreamListener& listener) noexcept {
    spare_.close();
    Peer from;
    Descriptor refused = listener.accept(from);
    if (refused.is_open()) ++ends_.refused_descriptors;
    refused.close();  // it stands where the spare one stood
    spare_ = spare_descriptor();
}

void Streams::accept(const StreamListener& listener, const TlsContext* tls, std::uint8_t number,
                     Time now) noexcept {
    for (int taken = 0; taken < burst_; ++taken) {
        Peer from{.transport = listener.local().transport, .listener = number};
        Descriptor socket = listener.accept(from);
        if (!socket.is_open()) {
            if (errno == EMFILE || errno == ENFILE) refuse_connection(listener);
            burst_ = std::max(1, burst_ / 2);
            return;
        }
        begin(std::move(socket), from, tls, now);
    }
    burst_ = std::min(burst_max, burst_ * 2);
}

void Streams::begin(Descriptor socket, const Peer& from, const TlsContext* tls, Time now) noexcept {
    const Waiting waiting = tls != nullptr ? Waiting::handshake : Waiting::first;
    std::uint32_t index = table_.take(from, waiting, now);
    if (index == StreamTable::none && make_room(now)) index = table_.take(from, waiting, now);
    if (index == StreamTable::none) {
        ++ends_.refused_full;
        return;
    }
    StreamSlot& slot = table_[index];
    const int descriptor = socket.number();
    const bool is_taken = slot.connection.accept(std::move(socket), tls, shared());
    if (!is_taken || !around_.loop.try_add(descriptor, token + slot.peer.connection, false)) {
        slot.connection.close(shared(), true);
        table_.release(index);
    }
}

std::uint32_t Streams::connect(const Peer& to, const TlsContext* tls, Time now) noexcept {
    if (to.transport == Transport::tls && tls == nullptr) return StreamTable::none;
    std::uint32_t index = table_.take(to, Waiting::handshake, now);
    if (index == StreamTable::none && make_room(now)) {
        index = table_.take(to, Waiting::handshake, now);
    }
    if (index == StreamTable::none) return index;
    StreamSlot& slot = table_[index];
    const bool is_begun =
        slot.connection.connect(to, nullptr, to.transport == Transport::tls ? tls : nullptr) &&
        around_.loop.try_add(slot.connection.descriptor(), token + slot.peer.connection, true);
    if (!is_begun) {
        ++counts_.failed;
        slot.connection.close(shared(), true);
        table_.release(index);
        return StreamTable::none;
    }
    slot.watches_write = true;
    return index;
}

bool Streams::send(const Peer& to, std::span<const std::uint8_t> bytes, const TlsContext* tls,
                   Time now) noexcept {
    std::uint32_t index = to.connection != 0 ? table_.find(to.connection) : table_.find_address(to);
    if (index == StreamTable::none && to.connection == 0) {
        index = connect(to, tls, now);
        if (index == StreamTable::none) around_.handler.closed(to, now, around_.out);
    }
    if (index == StreamTable::none) return false;
    StreamSlot& slot = table_[index];
    if (!slot.connection.write(bytes, shared())) {
        ++ends_.broken;
        end(slot.peer.connection, now);
        return false;
    }
    if (slot.connection.wants_write() != slot.watches_write) settle(index, false, now);
    return true;
}

void Streams::watch(std::uint32_t index) noexcept {
    StreamSlot& slot = table_[index];
    const bool wants_write = slot.connection.wants_write();
    if (wants_write == slot.watches_write) return;
    slot.watches_write = wants_write;
    around_.loop.change(slot.connection.descriptor(), token + slot.peer.connection, wants_write);
}

/// Sets what the connection waits for from now on. What it waits for already it has waited for
/// since then, so that octets that trickle do not gain time; a message does (`has_news`).
void Streams::settle(std::uint32_t index, bool has_news, Time now) noexcept {
    watch(index);
    StreamSlot& slot = table_[index];
    const StreamConnection& connection = slot.connection;
    Waiting waiting = slot.has_spoken ? Waiting::next : Waiting::first;
    if (connection.state() != StreamState::open) {
        waiting = Waiting::handshake;
    } else if (connection.kept_octets() > 0 || connection.backlog_octets() > 0) {
        waiting = Waiting::rest;
    }
    if (has_news || waiting != slot.waiting) table_.wait_for(index, waiting, now);
}

/// Gives each whole message to the handler; false where the stream is no use any more.
bool Streams::cut(std::uint32_t index, std::span<const std::uint8_t> octets, Time now) noexcept {
    StreamSlot& slot = table_[index];
    bool has_news = false;
    while (!octets.empty()) {
        const Cut front = framing_(text_of(octets), slot.searched);
        if (front.kind == CutKind::incomplete) break;
        slot.searched = 0;
        if (front.kind == CutKind::malformed || front.size == 0 || front.size > octets.size()) {
            ++ends_.malformed;
            return false;
        }
        if (front.kind == CutKind::message) {
            around_.handler.receive(octets.first(front.size), slot.peer, now, around_.out);
            slot.has_spoken = true;
        }
        if (front.kind == CutKind::ping && !slot.connection.write(pong, shared())) return false;
        has_news = has_news || slot.has_spoken;  // keeping alive is no news of one who never spoke
        octets = octets.subspan(front.size);
    }
    if (!slot.connection.keep(octets, shared())) return false;
    settle(index, has_news, now);
    return true;
}

Ready Streams::read(std::uint32_t index, Time now) noexcept {
    StreamSlot& slot = table_[index];
    const Arrival arrival = slot.connection.read(room_, shared());
    if (!cut(index, arrival.octets, now) || arrival.has_ended) return Ready::ended;
    return arrival.has_more ? Ready::again : Ready::done;
}

Ready Streams::ready(std::uint32_t connection, const Event& event, Time now) noexcept {
    const std::uint32_t index = table_.find(connection);
    if (index == StreamTable::none) return Ready::done;
    StreamConnection& stream = table_[index].connection;
    const bool was_open = stream.state() == StreamState::open;
    if (!was_open || event.can_write) {
        if (!stream.advance(shared())) return Ready::ended;
        settle(index, false, now);
    }
    if (stream.state() != StreamState::open) return Ready::done;
    // Right after a handshake nothing is there but what came with its end; else the loop tells.
    const bool has_octets = was_open ? event.can_read : stream.has_pending();
    return has_octets ? read(index, now) : Ready::done;
}

void Streams::end(std::uint32_t connection, Time now) noexcept {
    const std::uint32_t index = table_.find(connection);
    if (index == StreamTable::none) return;
    const Peer peer = table_[index].peer;
    table_[index].connection.close(shared());
    table_.release(index);
    around_.handler.closed(peer, now, around_.out);
}

void Streams::expire(Time now) noexcept {
    for (const Waiting waiting :
         {Waiting::handshake, Waiting::first, Waiting::rest, Waiting::next}) {
        for (;;) {
            const std::uint32_t index = table_.longest(waiting);
            if (index == StreamTable::none || table_[index].since + limit(waiting) > now) break;
            ++ends_.timed_out;
            end(table_[index].peer.connection, now);
        }
    }
}

Time Streams::next_timeout() noexcept {
    Time next = never;
    for (const Waiting waiting :
         {Waiting::handshake, Waiting::first, Waiting::rest, Waiting::next}) {
        const std::uint32_t index = table_.longest(waiting);
        if (index != StreamTable::none) next = std::min(next, table_[index].since + limit(waiting));
    }
    return next;
}

void Streams::close_all() noexcept {
    for (const Waiting waiting :
         {Waiting::handshake, Waiting::first, Waiting::rest, Waiting::next}) {
        while (table_.longest(waiting) != StreamTable::none) {
            const std::uint32_t index = table_.longest(waiting);
            table_[index].connection.close(shared());
            table_.release(index);
        }
    }
}

}  // namespace busyhour::engine::io
