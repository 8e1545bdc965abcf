#include "engine/media_relay.h"

#include "engine/io/address.h"
#include "engine/io/descriptor.h"
#include "engine/io/worker_group.h"
#include "engine/relay_worker.h"

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

namespace busyhour::engine {
namespace {

constexpr std::size_t tries_max = 64;  // of ports that somebody else uses

enum class SlotState : std::uint8_t { free, open, closing };

/// What signalling knows of a medium.
struct Slot {
    std::uint64_t id = 0;
    std::array<std::uint16_t, 2> ports{};
    SlotState state = SlotState::free;
    std::array<std::optional<rtp::SrtpParameters>, 2> sent{};  ///< what each leg is sent with
};

std::uint32_t slot_of(std::uint64_t id) noexcept {
    return static_cast<std::uint32_t>(id) - 1;
}

}  // namespace

/// Slot n is row n / workers of worker n % workers.
struct MediaRelay::Parts {
    explicit Parts(const MediaRelayOptions& wanted);

    MediaRelayOptions options;
    std::vector<std::unique_ptr<RelayWorker>> workers;
    std::vector<std::thread> threads;
    std::atomic<bool> is_stopping = false;

    mutable std::mutex mutex;  ///< of what follows
    std::vector<Slot> slots;
    std::vector<std::uint32_t> free;
    std::vector<std::uint16_t> ports;  ///< a ring: those given back wait longest for their next use
    std::size_t ports_first = 0;
    std::size_t ports_number = 0;
    std::uint32_t generation = 0;
    std::vector<RelayEnding> endings;
    MediaRelayCounts counts;

    [[nodiscard]] std::size_t rows() const noexcept;
    void give_port(std::uint16_t port) noexcept;
    std::uint16_t take_port() noexcept;
    std::optional<std::uint16_t> open_pair(io::MediaSocket& rtp, io::MediaSocket& rtcp) noexcept;
    void collect() noexcept;
    Slot* find(std::uint64_t id) noexcept;
    RelayWorker& worker_of(std::uint64_t id) noexcept {
        return *workers[slot_of(id) % workers.size()];
    }
    bool order(RelayOrder&& order) noexcept;
};

MediaRelay::Parts::Parts(const MediaRelayOptions& wanted) : options(wanted) {
    options.workers = std::max(1U, options.workers);
    const unsigned first = (options.port_first + 1U) / 2 * 2;
    for (unsigned port = first; port + 1 <= options.port_last; port += 2) {
        ports.push_back(static_cast<std::uint16_t>(port));
    }
    if (ports.size() < 2) throw std::runtime_error("the media ports hold no two pairs");
    ports_number = ports.size();
    slots.resize(rows() * options.workers);
    free.reserve(slots.size());
    for (std::size_t slot = slots.size(); slot > 0; --slot) {
        free.push_back(static_cast<std::uint32_t>(slot - 1));
    }
    Peer recorder_source = options.address;
    recorder_source.port = 0;
    // Else each call would be refused for want of ports.
    if (!io::MediaSocket::open(recorder_source)) {
        io::refuse("no media ports at", io::host_text(recorder_source).c_str());
    }
    for (unsigned worker = 0; worker < options.workers; ++worker) {
        workers.push_back(
            std::make_unique<RelayWorker>(RelayWorkerOptions{.rows = rows(),
                                                             .rules = options.rules,
                                                             .silence = options.silence,
                                                             .recorder = options.recorder,
                                                             .recorder_source = recorder_source}));
        endings.reserve(2 * rows() + 1024);
    }
}

std::size_t MediaRelay::Parts::rows() const noexcept {
    return (options.media_max + options.workers - 1) / options.workers;
}

void MediaRelay::Parts::give_port(std::uint16_t port) noexcept {
    ports[(ports_first + ports_number++) % ports.size()] = port;
}

std::uint16_t MediaRelay::Parts::take_port() noexcept {
    const std::uint16_t port = ports[ports_first];
    ports_first = (ports_first + 1) % ports.size();
    --ports_number;
    return port;
}

/// An even port and the next one, both bound.
std::optional<std::uint16_t> MediaRelay::Parts::open_pair(io::MediaSocket& rtp,
                                                          io::MediaSocket& rtcp) noexcept {
    const std::size_t tries = std::min(ports_number, tries_max);
    for (std::size_t i = 0; i < tries; ++i) {
        const std::uint16_t port = take_port();
        Peer local = options.address;
        local.port = port;
        auto even = io::MediaSocket::open(local);
        local.port = static_cast<std::uint16_t>(port + 1);
        auto odd = even ? io::MediaSocket::open(local) : std::nullopt;
        if (even && odd) {
            rtp = std::move(*even);
            rtcp = std::move(*odd);
            return port;
        }
        give_port(port);
    }
    return std::nullopt;
}

/// Takes back what the workers are done with.
void MediaRelay::Parts::collect() noexcept {
    for (const auto& worker : workers) {
        endings.clear();
        worker->take_endings(endings);
        for (const RelayEnding& ending : endings) {
            Slot& slot = slots[slot_of(ending.id)];
            if (slot.id != ending.id || slot.state == SlotState::free) continue;
            for (const std::uint16_t port : slot.ports) give_port(port);
            ++(ending.was_silent ? counts.silent : counts.closed);
            slot.state = SlotState::free;
            slot.sent = {};  // no key outlives its call
            free.push_back(slot_of(ending.id));
        }
    }
}

Slot* MediaRelay::Parts::find(std::uint64_t id) noexcept {
    collect();
    if (id == 0 || slot_of(id) >= slots.size()) return nullptr;
    Slot& slot = slots[slot_of(id)];
    return slot.id == id && slot.state == SlotState::open ? &slot : nullptr;
}

bool MediaRelay::Parts::order(RelayOrder&& order) noexcept {
    order.row = slot_of(order.id) / static_cast<std::uint32_t>(workers.size());
    if (worker_of(order.id).give(std::move(order))) return true;
    ++counts.orders_lost;
    return false;
}

MediaRelay::MediaRelay(const MediaRelayOptions& options)
    : parts_(std::make_unique<Parts>(options)) {}

MediaRelay::~MediaRelay() {
    stop();
}

void MediaRelay::start() {
    Parts& p = *parts_;
    for (const auto& worker : p.workers) {
        p.threads.emplace_back([&p, raw = worker.get()] { raw->run(p.is_stopping); });
    }
    if (p.options.cpus.empty()) return;
    try {
        for (std::size_t i = 0; i < p.threads.size(); ++i) {
            io::pin(p.threads[i], p.options.cpus[i % p.options.cpus.size()]);
        }
    } catch (...) {
        stop();
        throw;
    }
}

void MediaRelay::stop() {
    Parts& p = *parts_;
    p.is_stopping = true;
    for (const auto& worker : p.workers) worker->wake();
    for (std::thread& thread : p.threads) thread.join();
    p.threads.clear();
    const std::lock_guard lock(p.mutex);
    p.collect();
}

std::optional<RelayedMedium> MediaRelay::open(Time /*now*/) noexcept {
    Parts& p = *parts_;
    const std::lock_guard lock(p.mutex);
    p.collect();
    RelayOrder order{.kind = RelayOrder::Kind::open};
    std::array<std::optional<std::uint16_t>, 2> ports;
    const bool has_room = !p.free.empty();
    if (has_room) ports[0] = p.open_pair(order.sockets[0], order.sockets[1]);
    if (ports[0]) ports[1] = p.open_pair(order.sockets[2], order.sockets[3]);
    if (!ports[1]) {
        if (ports[0]) p.give_port(*ports[0]);
        ++p.counts.refused;
        return std::nullopt;
    }
    const std::uint32_t number = p.free.back();
    const std::uint64_t id = (std::uint64_t{++p.generation} << 32U) | (number + 1);
    order.id = id;
    if (!p.order(std::move(order))) {
        for (const auto& port : ports) p.give_port(*port);
        ++p.counts.refused;
        return std::nullopt;
    }
    p.free.pop_back();
    p.slots[number] = {id, {*ports[0], *ports[1]}, SlotState::open, {}};
    ++p.counts.opened;
    return RelayedMedium{id, p.slots[number].ports};
}

void MediaRelay::set_remote(std::uint64_t id, unsigned leg, const RelayRemote& remote) noexcept {
    const std::lock_guard lock(parts_->mutex);
    if (parts_->find(id) == nullptr) return;
    parts_->order({.kind = RelayOrder::Kind::remote, .id = id, .leg = leg, .remote = remote});
}

bool MediaRelay::set_keys(std::uint64_t id, unsigned leg,
                          const std::optional<rtp::SrtpParameters>& received,
                          const std::optional<rtp::SrtpParameters>& sent) noexcept {
    RelayOrder order{.kind = RelayOrder::Kind::keys, .id = id, .leg = leg};
    {
        // A sender that began anew with the same key would use its keystream twice: rfc3711 9.1.
        const std::lock_guard lock(parts_->mutex);
        const Slot* slot = parts_->find(id);
        if (slot == nullptr) return false;
        order.keeps_sender = sent && slot->sent[leg] == sent;
    }
    if (received) order.receiver = rtp::SrtpReceiver::make(*received);
    if (received.has_value() != order.receiver.has_value()) return false;
    if (sent && !order.keeps_sender) {
        order.sender = rtp::SrtpSender::make(*sent);
        if (!order.sender) return false;
    }
    const std::lock_guard lock(parts_->mutex);
    Slot* slot = parts_->find(id);
    if (slot == nullptr || !parts_->order(std::move(order))) return false;
    slot->sent[leg] = sent;
    return true;
}

bool MediaRelay::is_open(std::uint64_t id) const noexcept {
    const std::lock_guard lock(parts_->mutex);
    return parts_->find(id) != nullptr;
}

void MediaRelay::close(std::uint64_t id) noexcept {
    const std::lock_guard lock(parts_->mutex);
    Slot* slot = parts_->find(id);
    if (slot == nullptr) return;
    if (parts_->order({.kind = RelayOrder::Kind::close, .id = id})) {
        slot->state = SlotState::closing;
    }
}

MediaRelayCounts MediaRelay::counts() const noexcept {
    const Parts& p = *parts_;
    const std::lock_guard lock(p.mutex);
    parts_->collect();
    MediaRelayCounts counts = p.counts;
    if (!p.threads.empty()) return counts;
    for (const auto& worker : p.workers) {
        const RelayWorkerCounts own = worker->counts();
        counts.send_failures += own.send_failures;
        counts.recorded += own.recorded;
        counts.legs += own.legs;
    }
    return counts;
}

std::size_t MediaRelay::media() const noexcept {
    const std::lock_guard lock(parts_->mutex);
    parts_->collect();
    return parts_->slots.size() - parts_->free.size();
}

std::size_t MediaRelay::bytes_per_medium() const noexcept {
    return RelayWorker::bytes_per_row() + sizeof(Slot);
}

}  // namespace busyhour::engine
