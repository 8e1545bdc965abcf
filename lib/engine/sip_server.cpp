#include "engine/sip_server.h"

#include "engine/io/address.h"
#include "engine/io/descriptor.h"
#include "engine/sip/location.h"
#include "engine/sip/server.h"
#include "engine/sip/stream_framer.h"
#include "engine/sip/users.h"

#include <openssl/rand.h>

#include <algorithm>
#include <malloc.h>
#include <optional>
#include <stdexcept>
#include <sys/resource.h>

namespace busyhour::engine {
namespace {

io::Cut cut_sip(std::string_view octets, std::size_t& searched) noexcept {
    const sip::Frame frame = sip::next_frame(octets, searched);
    switch (frame.kind) {
        case sip::FrameKind::incomplete:
            return {};
        case sip::FrameKind::message:
            return {io::CutKind::message, frame.size};
        case sip::FrameKind::ping:
            return {io::CutKind::ping, frame.size};
        case sip::FrameKind::blank:
            return {io::CutKind::blank, frame.size};
        case sip::FrameKind::malformed:
            break;
    }
    return {io::CutKind::malformed, 0};
}

sip::ServerListener listener_of(const Peer& local, const std::string& host) {
    const Peer reachable = io::reachable_address(local);
    return {.transport = local.transport,
            .host = host.empty() ? io::host_text(reachable) : host,
            .port = local.port};
}

std::uint64_t heap_bytes() noexcept {
    const struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

std::uint64_t resident_most_bytes() noexcept {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

struct SipServer::Parts {
    explicit Parts(const SipServerOptions& wanted);

    SipServerOptions options;
    std::uint64_t descriptors_max;
    std::optional<io::TlsContext> tls_server;
    io::TlsContext tls_client;
    io::WorkerGroup group;
    sip::Users users;
    std::optional<sip::Location> location;
    std::optional<MediaRelay> relay;
    std::optional<CallMedia> call_media;
    std::optional<NgServer> ng;
    std::vector<std::unique_ptr<sip::Server>> servers;
    Time started;

    std::optional<io::TlsContext> server_context() const;
    io::GroupOptions group_options() const;
    void make_servers();
};

std::optional<io::TlsContext> SipServer::Parts::server_context() const {
    const bool has_tls = std::ranges::any_of(
        options.listen, [](const Peer& peer) { return peer.transport == Transport::tls; });
    if (!has_tls) return std::nullopt;
    return io::TlsContext::server(options.tls);
}

io::GroupOptions SipServer::Parts::group_options() const {
    io::GroupOptions group_options;
    group_options.listen = options.listen;
    group_options.workers = options.workers;
    group_options.cpus = options.cpus;
    group_options.worker.streams = options.streams;
    group_options.worker.framing = cut_sip;
    group_options.worker.tls_server = tls_server ? &*tls_server : nullptr;
    group_options.worker.tls_client = &tls_client;
    return group_options;
}

SipServer::Parts::Parts(const SipServerOptions& wanted)
    : options(wanted),
      descriptors_max(io::raise_descriptors_max()),
      tls_server(server_context()),
      tls_client(io::TlsContext::client({})),
      group(group_options()),
      users(options.sip.realm),
      started(io::clock_now()) {
    for (const auto& [name, password] : options.users) users.add_password(name, password);
    make_servers();
}

void SipServer::Parts::make_servers() {
    sip::ServerOptions& sip = options.sip;
    sip.listeners.clear();
    for (const Peer& local : group.listening()) {
        sip.listeners.push_back(listener_of(local, options.host));
    }
    sip.workers = options.workers;
    if (RAND_bytes(sip.secret.data(), static_cast<int>(sip.secret.size())) != 1) {
        throw std::runtime_error("the system gives no random numbers");
    }
    location.emplace(sip.capacities.bindings, sip.capacities.contacts_per_aor, sip.secret);
    if (options.media) {
        relay.emplace(*options.media);
        call_media.emplace(CallMediaOptions{.calls_max = options.media->media_max,
                                            .address = options.media->address,
                                            .secret = sip.secret,
                                            .protection = options.media_protection},
                           *relay);
        if (options.ng) ng.emplace(*options.ng, *call_media);
    }
    sip::MediaControl* media = call_media ? &*call_media : nullptr;
    for (unsigned worker = 0; worker < options.workers; ++worker) {
        sip.worker = worker;
        servers.push_back(std::make_unique<sip::Server>(sip, *location, users, media));
    }
}

SipServer::SipServer(const SipServerOptions& options) : parts_(std::make_unique<Parts>(options)) {}

SipServer::~SipServer() = default;

const std::vector<Peer>& SipServer::listening() const noexcept {
    return parts_->group.listening();
}

std::optional<Peer> SipServer::ng_listening() const noexcept {
    return parts_->ng ? std::optional(parts_->ng->listening()) : std::nullopt;
}

void SipServer::start() {
    std::vector<Handler*> handlers;
    for (const std::unique_ptr<sip::Server>& server : parts_->servers) {
        handlers.push_back(server.get());
    }
    if (parts_->relay) parts_->relay->start();
    if (parts_->ng) parts_->ng->start();
    parts_->group.start(handlers);
}

SipServerSummary SipServer::stop() {
    parts_->group.stop();
    SipServerSummary summary;
    summary.uptime_s = std::chrono::duration<double>(io::clock_now() - parts_->started).count();
    summary.io = parts_->group.counts();
    for (const std::unique_ptr<sip::Server>& server : parts_->servers) {
        summary.sip += server->statistics();
    }
    if (parts_->ng) parts_->ng->stop();
    if (parts_->relay) {
        parts_->relay->stop();
        summary.media = {.calls = parts_->call_media->counts(),
                         .relay = parts_->relay->counts(),
                         .ng = parts_->ng ? parts_->ng->counts() : NgServerCounts{},
                         .bytes_per_medium = parts_->relay->bytes_per_medium()};
    }
    summary.resident_most_bytes = resident_most_bytes();
    summary.descriptors_max = parts_->descriptors_max;
    const std::uint64_t before = heap_bytes();
    parts_->group.close_connections();
    const std::uint64_t open = summary.io.connections_open;
    const std::uint64_t freed = before - std::min(before, heap_bytes());
    if (open > 0) summary.bytes_per_connection = freed / open + sizeof(io::StreamSlot);
    return summary;
}

}  // namespace busyhour::engine
