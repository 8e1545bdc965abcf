#include "engine/io/worker.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

namespace busyhour::engine::io {
namespace {

// Another worker may have given this one something to sweep: it looks at least so often.
constexpr Duration idle_longest = std::chrono::seconds(1);

// Tokens: a connection's is Streams::token + its number; the others are below.
constexpr std::uint64_t mailbox_token = 0xffff;

constexpr int batches_max = 8;  ///< of one socket before the others have their turn
constexpr int reads_max = 8;    ///< of one connection before the others have theirs
constexpr std::size_t coalesced_octets_max = 16384;  ///< a TLS record (rfc8446 5.1)

}  // namespace

WorkerCounts& WorkerCounts::operator+=(const WorkerCounts& other) noexcept {
    const auto add = [&]<typename Part>(Part& to, const Part& from, auto... members) {
        ((to.*members += from.*members), ...);
    };
    using W = WorkerCounts;
    add(*this, other, &W::datagrams_received, &W::datagram_octets_received, &W::datagrams_truncated,
        &W::datagram_errors, &W::datagrams_missed, &W::connections_open, &W::connections_most,
        &W::buffers_most, &W::unroutable, &W::outbox_full, &W::handed_over, &W::mailbox_full,
        &W::turns);
    add(datagrams_sent, other.datagrams_sent, &SendCounts::datagrams, &SendCounts::octets,
        &SendCounts::blocked, &SendCounts::failed);
    using C = StreamCounts;
    add(streams, other.streams, &C::accepted, &C::connected, &C::failed, &C::handshakes_full,
        &C::handshakes_resumed, &C::handshakes_failed, &C::octets_received, &C::octets_sent,
        &C::backlog_overflows, &C::buffers_missing);
    using E = StreamEnds;
    add(stream_ends, other.stream_ends, &E::refused_full, &E::refused_descriptors, &E::evicted,
        &E::timed_out, &E::malformed, &E::broken);
    return *this;
}

Worker::Worker(const WorkerOptions& options, Handler& handler, Mailboxes mailboxes)
    : options_(options),
      handler_(handler),
      mailboxes_(mailboxes),
      out_(options.outbox_messages, options.outbox_octets),
      streams_(options.number, options.streams, options.framing,
               {.loop = loop_, .handler = handler, .out = out_}),
      received_(options.batch_datagrams),
      sending_(options.batch_datagrams),
      now_(clock_now()) {
    unfinished_.reserve(options.streams.connections_max);
    resumed_.reserve(options.streams.connections_max);
    loop_.add(mailboxes[options.number]->descriptor(), mailbox_token);
}

void Worker::listen(Listening listening) {
    loop_.add(listening.descriptor(), listening_.size());
    listening_.push_back(std::move(listening));
}

void Worker::run(const std::atomic<bool>& is_stopping) noexcept {
    ignore_broken_pipes();
    while (!is_stopping.load(std::memory_order_relaxed)) turn(now_ + idle_longest);
}

void Worker::turn(Time until) noexcept {
    ++counts_.turns;
    until = std::min({until, handler_.next_timeout(), streams_.next_timeout()});
    if (!unfinished_.empty()) until = now_;
    const std::span<const Event> events = loop_.wait(now_, until);
    now_ = clock_now();
    resumed_.swap(unfinished_);
    for (const std::uint32_t connection : resumed_) {
        ready({.token = Streams::token + connection, .can_read = true}, now_);
    }
    resumed_.clear();
    for (const Event& event : events) dispatch(event, now_);
    expire(now_);
}

void Worker::expire(Time now) noexcept {
    if (handler_.next_timeout() <= now) handler_.timeout(now, out_);
    streams_.expire(now);
    flush(now);
}

void Worker::dispatch(const Event& event, Time now) noexcept {
    if (event.token >= Streams::token) {
        ready(event, now);
    } else if (event.token == mailbox_token) {
        read_mail(now);
    } else {
        const auto number = static_cast<std::uint8_t>(event.token);
        const Listening& listening = listening_[number];
        if (listening.udp) {
            receive_datagrams(number, now);
        } else {
            const bool is_tls = listening.local.transport == Transport::tls;
            streams_.accept(*listening.stream, is_tls ? options_.tls_server : nullptr, number, now);
        }
    }
    flush_if_half_full(now);
}

void Worker::receive_datagrams(std::uint8_t number, Time now) noexcept {
    const Time start = now;
    const std::uint64_t before = counts_.datagrams_received;
    const std::uint64_t octets_before = counts_.datagram_octets_received;
    for (int batch = 0; batch < batches_max; ++batch) {
        if (!receive_batch(number, now)) {
            if (std::exchange(is_pressed_, false)) handler_.pressure(Duration{});
            return;
        }
        now = now_ = clock_now();
    }
    is_pressed_ = true;
    const std::uint64_t datagrams = counts_.datagrams_received - before;
    const std::uint64_t octets = counts_.datagram_octets_received - octets_before;
    tell_pressure(*listening_[number].udp, octets / datagrams, (now - start) / datagrams);
}

/// True where the batch was full: more may wait.
bool Worker::receive_batch(std::uint8_t number, Time now) noexcept {
    Listening& listening = listening_[number];
    const std::size_t size = received_.receive(*listening.udp);
    std::size_t octets = 0;
    for (std::size_t i = 0; i < size; ++i) {
        Datagram datagram = received_[i];
        octets += datagram.bytes.size();
        if (datagram.is_truncated) {
            ++counts_.datagrams_truncated;
            continue;
        }
        datagram.from.listener = number;
        handler_.receive(datagram.bytes, datagram.from, now, out_);
        flush_if_half_full(now);
    }
    counts_.datagrams_received += size;
    counts_.datagram_octets_received += octets;
    counts_.datagrams_missed += received_.dropped_since(listening.missed);
    flush(now);
    return size == received_.size_max();
}

/// How long what waits in the system's buffer will take at `each` a datagram. The system charges a
/// datagram with its buffer, of a power of two, and with what describes it.
void Worker::tell_pressure(const UdpSocket& socket, std::size_t octets, Duration each) noexcept {
    constexpr std::size_t overhead_octets = 384;
    constexpr std::size_t descriptor_octets = 256;
    const std::size_t charged = std::bit_ceil(octets + overhead_octets) + descriptor_octets;
    const double waiting = socket.receive_buffer_bytes() / static_cast<double>(charged);
    const double delay_ns = waiting * static_cast<double>(each.count());
    handler_.pressure(Duration(static_cast<Duration::rep>(delay_ns)));
}

void Worker::ready(const Event& event, Time now) noexcept {
    const auto connection = static_cast<std::uint32_t>(event.token - Streams::token);
    for (int reading = 0; reading < reads_max; ++reading) {
        const Ready result = streams_.ready(connection, event, now);
        if (result == Ready::done) return;
        if (result == Ready::ended) {
            flush(now);  // answers to what came before the end
            streams_.end(connection, now);
            return;
        }
        flush_if_half_full(now);
    }
    const bool is_noted = std::ranges::find(unfinished_, connection) != unfinished_.end();
    if (!is_noted && unfinished_.size() < unfinished_.capacity()) {
        unfinished_.push_back(connection);
    }
}

void Worker::read_mail(Time now) noexcept {
    const Outbox& mail = mailboxes_[options_.number]->collect();
    for (std::size_t i = 0; i < mail.size(); ++i) {
        if (!streams_.send(mail[i].to, mail[i].bytes, options_.tls_client, now)) {
            ++counts_.unroutable;
        }
    }
    for (std::size_t i = 0; i < mail.handed_size(); ++i) {
        const HandedMessage message = mail.handed(i);
        handler_.receive(message.bytes, message.from, now, out_);
        flush_if_half_full(now);
    }
}

void Worker::flush_if_half_full(Time now) noexcept {
    if (out_.is_half_full()) flush(now);
}

void Worker::flush(Time now) noexcept {
    if (out_.is_empty()) return;
    for (std::size_t i = 0; i < out_.size();) {  // it may grow: the handler is told of broken ones
        const OutgoingMessage message = out_[i];
        if (message.to.transport == Transport::udp) {
            send_datagram(message);
            ++i;
        } else {
            i = send_stream(i, now);
        }
    }
    for (std::size_t i = 0; i < out_.handed_size(); ++i) {
        const HandedMessage message = out_.handed(i);
        const bool is_posted = message.worker < mailboxes_.size() &&
                               mailboxes_[message.worker]->post_handed(message.from, message.bytes);
        ++(is_posted ? counts_.handed_over : counts_.mailbox_full);
    }
    send_datagrams();
    out_.clear();
}

const UdpSocket* Worker::socket_for(const Peer& to) const noexcept {
    if (to.listener < listening_.size()) {
        const Listening& wanted = listening_[to.listener];
        if (wanted.udp && is_ipv4(wanted.local) == is_ipv4(to)) return wanted.udp.get();
    }
    for (const Listening& listening : listening_) {
        if (listening.udp && is_ipv4(listening.local) == is_ipv4(to)) return listening.udp.get();
    }
    return nullptr;
}

void Worker::send_datagram(const OutgoingMessage& message) noexcept {
    const UdpSocket* socket = socket_for(message.to);
    if (socket == nullptr) {
        ++counts_.unroutable;
        return;
    }
    if (socket != sending_socket_ || sending_.is_full()) send_datagrams();
    sending_socket_ = socket;
    sending_.add(message.to, message.bytes);
}

void Worker::send_datagrams() noexcept {
    if (!sending_.is_empty()) sending_.send(*sending_socket_, counts_.datagrams_sent);
}

std::size_t Worker::send_stream(std::size_t index, Time now) noexcept {
    const Peer to = out_[index].to;
    std::span<const std::uint8_t> bytes = out_[index].bytes;
    std::size_t next = index + 1;
    // Neighbours in the outbox are neighbours in memory: one call sends them all.
    while (next < out_.size() && out_[next].to == to &&
           out_[next].bytes.data() == bytes.data() + bytes.size() &&
           bytes.size() + out_[next].bytes.size() <= coalesced_octets_max) {
        bytes = {bytes.data(), bytes.size() + out_[next].bytes.size()};
        ++next;
    }
    const unsigned worker = to.connection >> worker_shift;
    if (to.connection == 0 || worker == options_.number) {
        if (!streams_.send(to, bytes, options_.tls_client, now)) ++counts_.unroutable;
        return next;
    }
    const bool is_posted = worker < mailboxes_.size() && mailboxes_[worker]->post(to, bytes);
    ++(is_posted ? counts_.handed_over : counts_.mailbox_full);
    return next;
}

WorkerCounts Worker::counts() const noexcept {
    WorkerCounts counts = counts_;
    counts.datagram_errors = received_.errors();
    counts.streams = streams_.counts();
    counts.stream_ends = streams_.ends();
    counts.connections_open = streams_.table().size();
    counts.connections_most = streams_.table().used_max();
    counts.buffers_most = streams_.pool().borrowed_max();
    counts.outbox_full = out_.dropped();
    return counts;
}

}  // namespace busyhour::engine::io
