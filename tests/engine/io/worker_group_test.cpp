#include "engine/io/worker_group.h"

#include "engine/io/support.h"

#include <catch2/catch.hpp>

#include <system_error>

namespace busyhour::engine::io {
namespace {

GroupOptions two_workers() {
    GroupOptions options;
    options.listen = {loopback(Transport::udp), loopback(Transport::tcp)};
    options.workers = 2;
    options.worker.framing = cut_line;
    options.worker.streams.connections_max = 16;
    return options;
}

/// Waits for one answer of each client.
std::size_t answers(const std::vector<std::unique_ptr<UdpSocket>>& clients) {
    std::size_t number = 0;
    ReceiveBatch batch(4);
    for (const auto& client : clients) {
        pollfd ready{.fd = client->descriptor(), .events = POLLIN, .revents = 0};
        if (poll(&ready, 1, patience_ms) == 1) number += batch.receive(*client);
    }
    return number;
}

TEST_CASE("two workers share the datagrams of many clients", "[engine][io]") {
    WorkerGroup group(two_workers());
    Echo one;
    Echo two;
    const std::vector<Handler*> handlers{&one, &two};
    group.start(handlers);
    std::vector<std::unique_ptr<UdpSocket>> clients;
    SendBatch sending(1);
    SendCounts counts;
    for (int i = 0; i < 64; ++i) {
        clients.push_back(std::make_unique<UdpSocket>(UdpOptions{
            .local = loopback(Transport::udp), .shares_port = false, .buffer_bytes = 65536}));
        sending.add(group.listening()[0], octets_of("hello"));
        sending.send(*clients.back(), counts);
    }
    CHECK(answers(clients) == 64);
    group.stop();
    CHECK(group.counts().datagrams_received == 64);
    CHECK(group.counts().datagrams_sent.datagrams == 64);
    CHECK(one.received.size() + two.received.size() == 64);
    CHECK_FALSE(one.received.empty());  // by chance alone: 1 in 2^63
    CHECK_FALSE(two.received.empty());
}

TEST_CASE("a port that another group has is refused though both would share it", "[engine][io]") {
    const WorkerGroup first(two_workers());
    for (const Peer& taken : first.listening()) {
        GroupOptions options = two_workers();
        options.listen = {taken};
        CHECK_THROWS_WITH(WorkerGroup(options),
                          Catch::Contains("cannot listen on " + to_text(taken)));
    }
}

TEST_CASE("a processor that there is none of is refused", "[engine][io]") {
    GroupOptions options = two_workers();
    options.cpus = {1023};
    WorkerGroup group(options);
    Echo one;
    Echo two;
    const std::vector<Handler*> handlers{&one, &two};
    CHECK_THROWS_AS(group.start(handlers), std::system_error);
}

TEST_CASE("connections that are open at the end are closed in order", "[engine][io]") {
    WorkerGroup group(two_workers());
    Echo one;
    Echo two;
    const std::vector<Handler*> handlers{&one, &two};
    group.start(handlers);
    FarEnd end;
    REQUIRE(end.stream.connect(group.listening()[1], nullptr, nullptr));
    end.stream.write(octets_of("hello\n"), end.shared());
    const Time limit = clock_now() + std::chrono::milliseconds(patience_ms);
    while (end.received.empty() && end.step() && clock_now() < limit) {
        pollfd ready{.fd = end.stream.descriptor(), .events = POLLIN, .revents = 0};
        poll(&ready, 1, 100);
    }
    group.stop();
    CHECK(group.counts().connections_open == 1);
    CHECK(group.table_bytes() > 0);
    group.close_connections();
    CHECK(group.counts().connections_open == 0);
    pollfd ready{.fd = end.stream.descriptor(), .events = POLLIN, .revents = 0};
    CHECK(poll(&ready, 1, patience_ms) == 1);
    CHECK_FALSE(end.step());
    CHECK(end.received == "hello\n");
}

}  // namespace
}  // namespace busyhour::engine::io
