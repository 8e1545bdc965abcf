#include "engine/io/worker.h"

#include "engine/io/support.h"

#include <catch2/catch.hpp>

#include <thread>

namespace busyhour::engine::io {
namespace {

using std::chrono::seconds;

WorkerOptions small_worker() {
    WorkerOptions options;
    options.framing = cut_line;
    options.streams = {.connections_max = 4, .small_buffers = 4, .large_buffers = 2};
    options.outbox_messages = 16;
    options.outbox_octets = 262'144;
    options.batch_datagrams = 4;
    return options;
}

Peer listen(Worker& worker, const Peer& local) {
    Listening listening = listen_on(local, false);
    const Peer real = listening.local;
    worker.listen(std::move(listening));
    return real;
}

/// A worker with one listener, and a far end connected to it.
struct Served {
    explicit Served(Transport transport, const WorkerOptions& options = small_worker())
        : server_tls(TlsContext::server({})), client_tls(TlsContext::client({})), bench([&] {
              ignore_broken_pipes();
              WorkerOptions with_tls = options;
              with_tls.tls_server = &server_tls;
              with_tls.tls_client = &client_tls;
              return with_tls;
          }()) {
        local = listen(bench.worker, loopback(transport));
    }
    bool connect(FarEnd& end) {
        const bool is_tls = local.transport == Transport::tls;
        REQUIRE(end.stream.connect(local, nullptr, is_tls ? &client_tls : nullptr));
        const std::uint64_t before = bench.worker.counts().streams.accepted;
        return step_until(end, [&] {
            const StreamCounts counts = bench.worker.counts().streams;
            return end.stream.state() == StreamState::open && counts.accepted > before &&
                   (!is_tls || counts.handshakes_full == counts.accepted);
        });
    }
    template <typename Done>
    bool step_until(FarEnd& end, Done is_done) {
        return bench.turn_until([&] {
            end.step();
            return is_done();
        });
    }
    std::uint64_t open_connections() const { return bench.worker.counts().connections_open; }

    TlsContext server_tls;
    TlsContext client_tls;
    Bench bench;
    Peer local;
};

TEST_CASE("a worker answers datagrams of more than one batch", "[engine][io]") {
    Bench bench(small_worker());
    const std::string host = GENERATE("udp:127.0.0.1:0", "udp:[::1]:0");
    listen(bench.worker, *parse_address("tcp:127.0.0.1:0"));
    const Peer local = listen(bench.worker, *parse_address(host));
    CHECK(local.port != 0);
    UdpSocket client({.local = *parse_address(host)});
    SendBatch sending(10);
    SendCounts counts;
    for (int i = 0; i < 10; ++i) sending.add(local, octets_of("hello"));
    sending.send(client, counts);
    REQUIRE(bench.turn_until([&] { return bench.worker.counts().datagrams_sent.datagrams == 10; }));
    ReceiveBatch batch(16);
    CHECK(batch.receive(client) == 10);
    CHECK(text_of(batch[9].bytes) == "hello");
    CHECK(batch[0].from == local);
    CHECK(bench.echo.from_peers[0].listener == 1);
    CHECK(bench.worker.counts().datagrams_received == 10);
    CHECK(bench.worker.counts().datagram_octets_received == 50);
}

TEST_CASE("a handler hears of a queue that batches do not empty and of its end", "[engine][io]") {
    Bench bench(small_worker());
    const Peer local = listen(bench.worker, loopback(Transport::udp));
    UdpSocket client({.local = loopback(Transport::udp)});
    SendBatch sending(60);
    SendCounts counts;
    for (int i = 0; i < 60; ++i) sending.add(local, octets_of("hello"));
    sending.send(client, counts);
    REQUIRE(bench.turn_until([&] { return bench.worker.counts().datagrams_received == 60; }));
    REQUIRE(bench.echo.delays.size() == 2);
    CHECK(bench.echo.delays[0] > Duration{0});
    CHECK(bench.echo.delays[1] == Duration{0});
}

TEST_CASE("a worker answers over TCP and TLS however the octets come", "[engine][io]") {
    Served served(GENERATE(Transport::tcp, Transport::tls));
    FarEnd end;
    REQUIRE(served.connect(end));
    end.stream.write(octets_of("one\ntwo\n.\nthr"), end.shared());
    REQUIRE(served.step_until(end, [&] { return end.received.size() == 10; }));
    CHECK(end.received == "\r\none\ntwo\n");
    for (const char octet : std::string("ee\nfour\n")) {  // trickled
        const std::size_t turns = served.bench.worker.counts().streams.octets_received;
        end.stream.write(octets_of({&octet, 1}), end.shared());
        REQUIRE(served.step_until(
            end, [&] { return served.bench.worker.counts().streams.octets_received > turns; }));
    }
    REQUIRE(served.step_until(end, [&] { return end.received.size() == 21; }));
    CHECK(served.bench.echo.received ==
          std::vector<std::string>{"one\n", "two\n", "three\n", "four\n"});
    CHECK(served.bench.echo.from_peers[0].connection != 0);
    CHECK(served.bench.echo.from_peers[0].transport == served.local.transport);
    CHECK(served.open_connections() == 1);
}

TEST_CASE("what came before the end of a connection is answered", "[engine][io]") {
    Served served(Transport::tcp);
    FarEnd end;
    REQUIRE(served.connect(end));
    end.stream.write(octets_of("last words\n"), end.shared());
    shutdown(end.stream.descriptor(), SHUT_WR);
    REQUIRE(served.step_until(end, [&] { return end.has_ended; }));
    CHECK(end.received == "last words\n");
    REQUIRE(served.bench.echo.closed_peers.size() == 1);
    CHECK(served.bench.echo.closed_peers[0] == served.bench.echo.from_peers[0]);
    CHECK(served.open_connections() == 0);
}

TEST_CASE("a reset or a stream of garbage ends one connection only", "[engine][io]") {
    Served served(Transport::tcp);
    FarEnd good;
    FarEnd reset;
    FarEnd garbage;
    REQUIRE(served.connect(good));
    REQUIRE(served.connect(reset));
    REQUIRE(served.connect(garbage));
    REQUIRE(served.step_until(good, [&] { return served.open_connections() == 3; }));
    reset.stream.write(octets_of("unfinished"), reset.shared());
    reset.stream.close(reset.shared(), true);
    garbage.stream.write(octets_of("!garbage"), garbage.shared());
    REQUIRE(served.step_until(good, [&] { return served.open_connections() == 1; }));
    CHECK(served.bench.worker.counts().stream_ends.malformed == 1);
    good.stream.write(octets_of("still here\n"), good.shared());
    REQUIRE(served.step_until(good, [&] { return good.received == "still here\n"; }));
}

TEST_CASE("each kind of waiting ends at its own time limit", "[engine][io]") {
    const Transport transport = GENERATE(Transport::tcp, Transport::tls);
    Served served(transport);
    const StreamLimits limits;
    FarEnd end;
    const auto ends_at = [&](Duration limit) {
        const Time now = clock_now();
        served.bench.worker.expire(now + limit - seconds(1));
        CHECK(served.open_connections() == 1);
        served.bench.worker.expire(now + limit);
        CHECK(served.open_connections() == 0);
        CHECK(served.bench.worker.counts().stream_ends.timed_out == 1);
    };
    SECTION("a handshake that does not begin") {
        REQUIRE(end.stream.connect(served.local, nullptr, nullptr));
        REQUIRE(served.step_until(end, [&] { return served.open_connections() == 1; }));
        ends_at(transport == Transport::tls ? limits.handshake : limits.first_message);
    }
    SECTION("a first message that does not come") {
        REQUIRE(served.connect(end));
        REQUIRE(served.step_until(end, [&] { return served.open_connections() == 1; }));
        ends_at(limits.first_message);
    }
    SECTION("a message that stays unfinished however it trickles") {
        REQUIRE(served.connect(end));
        for (std::uint64_t i = 1; i <= 3; ++i) {
            end.stream.write(octets_of("x"), end.shared());
            REQUIRE(served.step_until(
                end, [&] { return served.bench.worker.counts().streams.octets_received == i; }));
        }
        ends_at(limits.rest_of_message);
    }
    SECTION("a next message that does not come") {
        REQUIRE(served.connect(end));
        end.stream.write(octets_of("x\n"), end.shared());
        REQUIRE(served.step_until(end, [&] { return end.received == "x\n"; }));
        ends_at(limits.idle);
    }
}

TEST_CASE("a full table refuses newcomers unless a silent one has been there for long",
          "[engine][io]") {
    Served served(Transport::tcp);
    std::vector<std::unique_ptr<FarEnd>> ends;
    for (int i = 0; i < 5; ++i) {
        ends.push_back(std::make_unique<FarEnd>());
        REQUIRE(ends.back()->stream.connect(served.local, nullptr, nullptr));
        served.step_until(*ends.back(), [&] {
            const WorkerCounts counts = served.bench.worker.counts();
            return counts.connections_open + counts.stream_ends.refused_full ==
                   static_cast<std::uint64_t>(i + 1);
        });
    }
    CHECK(served.open_connections() == 4);
    CHECK(served.bench.worker.counts().stream_ends.refused_full == 1);
    REQUIRE(served.step_until(*ends[4], [&] { return ends[4]->has_ended; }));
    ends[0]->stream.write(octets_of("here\n"), ends[0]->shared());
    CHECK(served.step_until(*ends[0], [&] { return ends[0]->received == "here\n"; }));
}

TEST_CASE("a message to an address goes by a new connection and then by the same", "[engine][io]") {
    Served caller(Transport::udp);
    Served callee(GENERATE(Transport::tcp, Transport::tls));
    caller.bench.echo.forward = std::make_unique<Peer>(callee.local);
    UdpSocket client({.local = loopback(Transport::udp)});
    client.connect(caller.local);
    SendBatch sending(2);
    SendCounts counts;
    sending.add(caller.local, octets_of("one\n"));
    sending.add(caller.local, octets_of("two\n"));
    sending.send(client, counts);
    REQUIRE(caller.bench.turn_until([&] {
        callee.bench.worker.turn(clock_now());
        return callee.bench.echo.received.size() >= 2 && caller.bench.echo.received.size() >= 4;
    }));
    CHECK(callee.bench.worker.counts().streams.accepted == 1);
    CHECK(caller.bench.worker.counts().streams.connected == 1);
    CHECK(caller.bench.echo.from_peers[2].port == callee.local.port);
}

TEST_CASE("the handler is told of a connection that could not be made", "[engine][io]") {
    Served caller(Transport::udp);
    Peer nobody;
    {
        const StreamListener gone(loopback(Transport::tcp), false);
        nobody = gone.local();
    }
    caller.bench.echo.forward = std::make_unique<Peer>(nobody);
    UdpSocket client({.local = loopback(Transport::udp)});
    client.connect(caller.local);
    SendBatch sending(1);
    SendCounts counts;
    sending.add(caller.local, octets_of("one\n"));
    sending.send(client, counts);
    REQUIRE(caller.bench.turn_until([&] { return !caller.bench.echo.closed_peers.empty(); }));
    CHECK(caller.bench.echo.closed_peers[0].port == nobody.port);
    CHECK(caller.bench.echo.closed_peers[0].transport == Transport::tcp);
    CHECK(caller.open_connections() == 0);
}

TEST_CASE("a timer of the handler is kept", "[engine][io]") {
    Bench bench(small_worker());
    const Time due = clock_now() + std::chrono::milliseconds(2);
    bench.echo.next = due;
    bench.worker.turn(never);
    bench.worker.turn(clock_now());
    REQUIRE(bench.echo.timeouts.size() == 1);
    CHECK(bench.echo.timeouts[0] >= due);
}

TEST_CASE("a message for another worker is worked on there and answered by the first",
          "[engine][io]") {
    const auto mailboxes = mailboxes_of(2);
    WorkerOptions options = small_worker();
    Echo first;
    first.hands_to = 1;
    Worker one(options, first, mailboxes);
    options.number = 1;
    Echo second;
    Worker two(options, second, mailboxes);
    const Peer local = listen(one, loopback(Transport::tcp));
    std::atomic<bool> is_stopping = false;
    std::thread one_runs([&] { one.run(is_stopping); });
    std::thread two_runs([&] { two.run(is_stopping); });
    FarEnd end;
    CHECK(end.stream.connect(local, nullptr, nullptr));
    end.stream.write(octets_of("mine\nhanded over\n"), end.shared());
    const Time limit = clock_now() + std::chrono::milliseconds(patience_ms);
    while (end.received.size() < 17 && clock_now() < limit) {
        pollfd ready{.fd = end.stream.descriptor(), .events = POLLIN, .revents = 0};
        if (end.stream.state() == StreamState::open) poll(&ready, 1, 100);
        end.step();
    }
    is_stopping = true;
    for (const auto& mailbox : mailboxes) mailbox->wake();
    one_runs.join();
    two_runs.join();
    CHECK(end.received == "mine\nhanded over\n");
    REQUIRE(second.received.size() == 1);
    CHECK(second.received[0] == "handed over\n");
    CHECK(second.from_peers[0].connection >> 24 == 0);
    CHECK(one.counts().handed_over == 1);
    CHECK(two.counts().handed_over == 1);
}

TEST_CASE("a message for a worker that there is none of is counted", "[engine][io]") {
    Served served(Transport::tcp);
    served.bench.echo.hands_to = 7;
    FarEnd end;
    REQUIRE(served.connect(end));
    end.stream.write(octets_of("hand me\n"), end.shared());
    REQUIRE(served.step_until(end, [&] { return !served.bench.echo.received.empty(); }));
    CHECK(served.bench.worker.counts().mailbox_full == 1);
}

TEST_CASE("a full mailbox refuses what does not fit and keeps the rest", "[engine][io]") {
    Mailbox mailbox(2, 8);
    const Peer to = loopback(Transport::tcp, 1);
    CHECK(mailbox.post(to, octets_of("1234")));
    CHECK(mailbox.post_handed(to, octets_of("567")));
    CHECK_FALSE(mailbox.post(to, octets_of("89")));
    const Outbox& mail = mailbox.collect();
    CHECK(mail.size() == 1);
    CHECK(mail.handed_size() == 1);
    CHECK(mailbox.collect().is_empty());
}

}  // namespace
}  // namespace busyhour::engine::io
