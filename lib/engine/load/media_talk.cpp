#include "engine/load/media_talk.h"

#include <algorithm>
#include <ctime>
#include <stdexcept>

namespace busyhour::engine::load {
namespace {

constexpr std::size_t packet_octets_max = 2048;
constexpr Duration hears_on = std::chrono::milliseconds(500);
constexpr std::uint64_t talk_waker_token = ~std::uint64_t{0};

Duration talk_cpu_time() noexcept {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

}  // namespace

MediaTalk::MediaTalk(const MediaTalkOptions& options)
    : options_(options),
      payload_(options.format),
      known_(2 * options.places),
      deadlines_(2 * options.places) {
    std::uint16_t port = static_cast<std::uint16_t>(options.port_first & ~1U);
    for (std::size_t number = 0; number < 2 * options.places; ++number) {
        auto end = std::make_unique<End>();
        open_ports(*end, port, options_.sources[number % options_.sources.size()]);
        MediaOffer offer;
        offer.local = end->local;
        offer.is_muxed = options_.is_muxed;
        offer.payload_type = options_.format.payload_type;
        offer.encoding = options_.encoding;
        offer.ptime = options_.format.ptime;
        end->description = write_sdp(offer, number + 1);
        loop_.add(end->rtp.descriptor(), 2 * number);
        if (!options_.is_muxed) loop_.add(end->rtcp.descriptor(), 2 * number + 1);
        ends_.push_back(std::move(end));
    }
    loop_.add(waker_.descriptor(), talk_waker_token);
}

/// An even port and, for RTCP, the next one.
void MediaTalk::open_ports(End& end, std::uint16_t& port, const Peer& source) {
    for (; port < 65534; port = static_cast<std::uint16_t>(port + 2)) {
        Peer local = source;
        local.transport = Transport::udp;
        local.port = port;
        auto rtp = io::MediaSocket::open(local);
        end.local = {.rtp = local, .rtcp = local};
        if (options_.is_muxed) {
            if (!rtp) continue;
        } else {
            ++end.local.rtcp.port;
            auto rtcp = io::MediaSocket::open(end.local.rtcp);
            if (!rtp || !rtcp) continue;
            end.rtcp = std::move(*rtcp);
        }
        end.rtp = std::move(*rtp);
        port = static_cast<std::uint16_t>(port + 2);
        return;
    }
    throw std::runtime_error("no ports left for the media of " + std::to_string(options_.places) +
                             " calls at a time");
}

std::string_view MediaTalk::description(std::size_t place, unsigned end) const noexcept {
    return ends_[2 * place + end]->description;
}

void MediaTalk::described(std::size_t place, unsigned end, std::string_view sdp) noexcept {
    const auto found = read_sdp(sdp);
    known_[2 * place + end] = found ? found->remote : MediaAddresses{};
}

void MediaTalk::begin(std::size_t place) noexcept {
    give(place, true);
}

void MediaTalk::end(std::size_t place) noexcept {
    known_[2 * place] = known_[2 * place + 1] = {};
    give(place, false);
}

/// Both ends at once: what one of them says at the very beginning must find the other one
/// listening.
void MediaTalk::give(std::size_t place, bool begins) noexcept {
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t number = 2 * place; number < 2 * place + 2; ++number) {
            orders_.push_back({.end = number, .begins = begins, .remote = known_[number]});
        }
    }
    waker_.wake();
}

void MediaTalk::start() {
    thread_ = std::thread([this] { run(); });
}

void MediaTalk::stop() {
    is_stopping_ = true;
    waker_.wake();
    if (thread_.joinable()) thread_.join();
}

/// Nothing is under way, and nobody asked for more.
bool MediaTalk::is_quiet() noexcept {
    const std::lock_guard lock(mutex_);
    return busy_ends_ == 0 && orders_.empty();
}

void MediaTalk::run() {
    const Duration cpu_before = talk_cpu_time();
    while (!is_stopping_ || !is_quiet()) {
        const auto events = loop_.wait(io::clock_now(), deadlines_.next());
        const Time now = io::clock_now();
        take_turn(events, now);
        if (is_stopping_) {  // calls that nobody ended
            for (std::size_t number = 0; number < ends_.size(); ++number) end_end(number, now);
        }
    }
    counts_.cpu_s = to_seconds(talk_cpu_time() - cpu_before);
}

Time MediaTalk::turn(Time now) {
    take_turn(loop_.wait(now, now), now);
    return deadlines_.next();
}

void MediaTalk::take_turn(std::span<const io::Event> events, Time now) {
    carry_out(now);
    for (const io::Event& event : events) {
        if (event.token != talk_waker_token) receive(event.token, now);
    }
    deadlines_.expire(now, [&](Deadlines::Id number) { work(number, now); });
}

void MediaTalk::carry_out(Time now) {
    waker_.sleep();
    {
        const std::lock_guard lock(mutex_);
        taken_.swap(orders_);
    }
    for (const Order& order : taken_) {
        if (order.begins) {
            begin_end(order.end, order.remote, now);
        } else {
            end_end(order.end, now);
        }
    }
    taken_.clear();
}

void MediaTalk::begin_end(std::size_t number, const MediaAddresses& remote, Time now) {
    End& end = *ends_[number];
    if (end.doing != Doing::nothing) collect(end);
    if (number % 2 == 0) ++counts_.calls;
    end.remote = remote;
    if (remote.rtp.port == 0) ++counts_.undescribed;
    rtp::SessionOptions session;
    session.source.seed = options_.seed * 0x9e3779b97f4a7c15U + ++started_;
    session.sink.clock_rate_hz = options_.format.clock_rate_hz;
    session.sink.payload_types.set(options_.format.payload_type);
    session.rtcp = options_.rtcp;
    session.cname = "busyhour";
    end.session.start(session, payload_, now);
    end.received_octets = 0;
    end.corrupt = 0;
    end.doing = Doing::talking;
    ++busy_ends_;
    work(number, now);
}

void MediaTalk::end_end(std::size_t number, Time now) {
    End& end = *ends_[number];
    if (end.doing != Doing::talking) return;
    end.session.leave("", now);
    end.doing = Doing::hearing;
    end.hears_until = now + hears_on;
    work(number, now);
}

/// To where the other end's description said, if it did.
void MediaTalk::send(const End& end, rtp::DatagramKind kind, rtp::Octets octets) {
    if (end.remote.rtp.port == 0) return;
    const bool is_rtcp = kind == rtp::DatagramKind::rtcp;
    const io::MediaSocket& socket = is_rtcp && !options_.is_muxed ? end.rtcp : end.rtp;
    const bool is_sent = socket.send(is_rtcp ? end.remote.rtcp : end.remote.rtp, octets);
    if (!is_sent) ++counts_.send_failures;
    if (!is_sent || is_rtcp) return;
    ++counts_.sent;
    counts_.sent_octets += octets.size();
}

/// Sends what is due, and finds when to look again.
void MediaTalk::work(std::size_t number, Time now) {
    End& end = *ends_[number];
    if (end.doing == Doing::hearing && now >= end.hears_until) return collect(end);
    alignas(8) std::array<std::uint8_t, packet_octets_max> room;  // NOLINT: written before read
    for (;;) {
        const Time due = end.session.next_timeout();
        if (due > now) break;
        const rtp::Written written = end.session.timeout(now, room);
        if (written.kind == rtp::DatagramKind::unknown) break;
        if (written.kind == rtp::DatagramKind::rtp) counts_.send_lateness.record(now - due);
        send(end, written.kind, std::span(room).first(written.octets));
    }
    Time next = end.session.next_timeout();
    if (end.doing == Doing::hearing) next = std::min(next, end.hears_until);
    const auto id = static_cast<Deadlines::Id>(number);
    if (next == never) {
        deadlines_.drop(id);
    } else {
        deadlines_.set(id, next);
    }
}

void MediaTalk::collect(End& end) {
    const rtp::Reception heard = end.session.sink().reception();
    counts_.received += heard.packets - heard.duplicates + heard.unvalidated;
    counts_.received_octets += end.received_octets;
    counts_.duplicates += heard.duplicates;
    counts_.reordered += heard.reordered;
    counts_.corrupt += end.corrupt;
    counts_.rtcp_sent += end.session.counts().rtcp_sent;
    counts_.rtcp_received += end.session.counts().rtcp_received;
    if (heard.packets == 0) {
        ++counts_.deaf_ends;
    } else {
        counts_.jitter_most.record(heard.jitter_max);
    }
    end.doing = Doing::nothing;
    --busy_ends_;
}

void MediaTalk::receive(std::uint64_t token, Time now) {
    End& end = *ends_[token / 2];
    const bool is_rtcp_port = token % 2 == 1;
    std::array<std::uint8_t, packet_octets_max> room;  // NOLINT: written before read
    Peer from;
    const auto received = (is_rtcp_port ? end.rtcp : end.rtp).receive(room, from);
    if (!received.has_datagram) return;
    const rtp::Octets octets = std::span(room).first(received.size);
    const rtp::DatagramKind kind = rtp::kind_of(octets);
    const bool is_ours = kind == rtp::DatagramKind::rtp || kind == rtp::DatagramKind::rtcp;
    if (end.doing == Doing::nothing || !is_ours || received.is_truncated) {
        ++counts_.stray;
        return;
    }
    if (kind == rtp::DatagramKind::rtp) {
        const auto packet = rtp::parse_rtp(octets);
        if (packet && !payload_.is_intact(packet->header, packet->payload)) ++end.corrupt;
        end.received_octets += octets.size();
    }
    end.session.receive(octets, now);
    const Time next = end.session.next_timeout();  // a BYE may change it
    const auto id = static_cast<Deadlines::Id>(token / 2);
    if (end.doing == Doing::talking && next != never) deadlines_.set(id, next);
}

}  // namespace busyhour::engine::load
