#include "engine/relay_worker.h"

#include <utility>

namespace busyhour::engine {
namespace {

constexpr Duration sweep_interval = std::chrono::seconds(1);

/// Sockets of a row: 2 x leg + (1 for RTCP).
constexpr std::size_t socket_of(unsigned leg, rtp::RelayPort port) noexcept {
    return 2 * std::size_t{leg} + (port == rtp::RelayPort::rtcp ? 1 : 0);
}

}  // namespace

RelayWorker::RelayWorker(const RelayWorkerOptions& options)
    : options_(options), rows_(options.rows) {
    // Each medium is opened and closed, and described a few times between two looks at the orders.
    const std::size_t orders_max = 4 * options.rows + 1024;
    orders_.reserve(orders_max);
    taken_.reserve(orders_max);
    endings_.reserve(2 * options.rows + 1024);
    if (options.recorder) {
        recorder_ = io::MediaSocket::open(options.recorder_source);
        if (!recorder_) io::refuse("cannot make a socket for", "the recorder");
    }
    loop_.add(waker_.descriptor(), waker_token);
}

bool RelayWorker::give(RelayOrder&& order) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (orders_.size() == orders_.capacity()) return false;
        orders_.push_back(std::move(order));
    }
    if (!has_orders_.exchange(true)) waker_.wake();
    return true;
}

void RelayWorker::take_endings(std::vector<RelayEnding>& endings) noexcept {
    const std::lock_guard lock(mutex_);
    endings.swap(endings_);
}

void RelayWorker::run(const std::atomic<bool>& is_stopping) noexcept {
    Time now = io::clock_now();
    Time next_sweep = now + sweep_interval;
    while (!is_stopping) {
        const auto events = loop_.wait(now, next_sweep);
        now = io::clock_now();
        if (has_orders_.load(std::memory_order_acquire)) carry_out(now);
        for (const io::Event& event : events) {
            if (event.token != waker_token) receive(event.token, now);
        }
        if (now < next_sweep) continue;
        close_silent(now);
        next_sweep = now + sweep_interval;
    }
    carry_out(now);
}

/// The waker sleeps first, so that no order that comes from now on goes unheard.
void RelayWorker::carry_out(Time now) noexcept {
    waker_.sleep();
    has_orders_.store(false);
    {
        const std::lock_guard lock(mutex_);
        taken_.swap(orders_);
    }
    for (RelayOrder& order : taken_) carry_out(order, now);
    taken_.clear();
}

void RelayWorker::carry_out(RelayOrder& order, Time now) noexcept {
    if (order.kind == RelayOrder::Kind::open) return open_row(order, now);
    Row& row = rows_[order.row];
    if (row.id != order.id) return;  // it fell silent and was closed meanwhile
    if (order.kind == RelayOrder::Kind::remote) {
        row.relay.set_remote(order.leg, order.remote.rtp, order.remote.rtcp_port);
    } else if (order.kind == RelayOrder::Kind::keys) {
        if (order.keeps_sender) return row.relay.set_receiver(order.leg, std::move(order.receiver));
        row.relay.set_keys(order.leg, std::move(order.receiver), std::move(order.sender));
    } else {
        drain(order.row, now);
        close_row(order.row, false);
    }
}

void RelayWorker::open_row(RelayOrder& order, Time now) noexcept {
    Row& row = rows_[order.row];
    row.relay.start(options_.rules);
    row.id = order.id;
    row.last_packet = now;
    row.sockets = std::move(order.sockets);
    bool is_heard = true;
    for (std::size_t i = 0; i < row.sockets.size(); ++i) {
        const std::uint64_t token = std::uint64_t{order.row} * row.sockets.size() + i;
        is_heard = loop_.try_add(row.sockets[i].descriptor(), token, false) && is_heard;
    }
    if (!is_heard) close_row(order.row, true);
}

/// What had arrived before the order to close is relayed, but not all that a flood brings.
void RelayWorker::drain(std::uint32_t number, Time now) noexcept {
    constexpr int datagrams_max = 64;  // of each socket: more than a second of one stream
    const std::size_t sockets_number = rows_[number].sockets.size();
    for (std::size_t i = 0; i < sockets_number; ++i) {
        const std::uint64_t token = std::uint64_t{number} * sockets_number + i;
        for (int turn = 0; turn < datagrams_max && receive(token, now); ++turn) {
        }
    }
}

void RelayWorker::close_row(std::uint32_t number, bool was_silent) noexcept {
    Row& row = rows_[number];
    for (io::MediaSocket& socket : row.sockets) socket.close();
    counts_.legs += row.relay.counts(0);
    counts_.legs += row.relay.counts(1);
    row.relay.start(options_.rules);
    const std::lock_guard lock(mutex_);
    if (endings_.size() < endings_.capacity()) endings_.push_back({number, row.id, was_silent});
    row.id = 0;
}

/// Whether there was a datagram.
bool RelayWorker::receive(std::uint64_t token, Time now) noexcept {
    Row& row = rows_[token / 4];
    if (row.id == 0) return false;
    const auto leg = static_cast<unsigned>(token / 2 % 2);
    const auto port = token % 2 == 0 ? rtp::RelayPort::rtp : rtp::RelayPort::rtcp;
    Peer from;
    const auto received =
        row.sockets[token % 4].receive(std::span(room_).first(datagram_octets_max), from);
    if (!received.has_datagram) return false;
    if (received.is_truncated) {
        row.relay.count_oversized(leg);
        return true;
    }
    const std::size_t plain =
        row.relay.accept(leg, port, from, std::span(room_).first(received.size), now);
    if (plain == 0) return true;
    row.last_packet = now;
    if (recorder_ && port == rtp::RelayPort::rtp) record(std::span(room_).first(plain));
    rtp::RelayTarget target;
    const std::size_t size = row.relay.forward(leg, room_, plain, target);
    if (size == 0) return true;
    const io::MediaSocket& socket = row.sockets[socket_of(1 - leg, target.port)];
    if (!socket.send(target.to, std::span(room_).first(size))) ++counts_.send_failures;
    return true;
}

void RelayWorker::record(std::span<const std::uint8_t> octets) noexcept {
    if (rtp::kind_of(octets) != rtp::DatagramKind::rtp) return;
    if (recorder_->send(*options_.recorder, octets)) {
        ++counts_.recorded;
    } else {
        ++counts_.send_failures;
    }
}

void RelayWorker::close_silent(Time now) noexcept {
    for (std::uint32_t number = 0; number < rows_.size(); ++number) {
        const Row& row = rows_[number];
        if (row.id != 0 && now - row.last_packet > options_.silence) close_row(number, true);
    }
}

RelayWorkerCounts RelayWorker::counts() const noexcept {
    RelayWorkerCounts sum = counts_;
    for (const Row& row : rows_) {
        if (row.id == 0) continue;
        sum.legs += row.relay.counts(0);
        sum.legs += row.relay.counts(1);
    }
    return sum;
}

}  // namespace busyhour::engine
