#include "engine/io/stream_connection.h"

#include "engine/io/listener.h"
#include "engine/io/support.h"

#include <catch2/catch.hpp>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <cstdio>
#include <filesystem>

namespace busyhour::engine::io {
namespace {

/// Two ends of one loopback connection.
struct Pair {
    Pair(const TlsContext* server_tls, const TlsContext* client_tls,
         const TlsSession* session = nullptr, const std::string& host = "tcp:127.0.0.1:0")
        : listener(*parse_address(host), false) {
        ignore_broken_pipes();
        REQUIRE(client.stream.connect(listener.local(), nullptr, client_tls, session));
        pollfd ready{.fd = listener.descriptor(), .events = POLLIN, .revents = 0};
        REQUIRE(poll(&ready, 1, patience_ms) == 1);
        Peer from;
        REQUIRE(server.stream.accept(listener.accept(from), server_tls, server.shared()));
    }

    /// Steps both ends until `is_done`, or nothing more can come of it.
    template <typename Done>
    bool step_until(Done is_done) {
        for (int i = 0; i < 10'000; ++i) {
            if (is_done()) return true;
            const bool client_lives = client.step();
            const bool server_lives = server.step();
            if (!client_lives && !server_lives) break;
        }
        return is_done();
    }
    bool open() {
        return step_until([&] {
            return client.stream.state() == StreamState::open &&
                   server.stream.state() == StreamState::open;
        });
    }

    StreamListener listener;
    FarEnd client;
    FarEnd server;
};

TEST_CASE("octets go both ways over TCP", "[engine][io]") {
    Pair pair(nullptr, nullptr, nullptr, GENERATE("tcp:127.0.0.1:0", "tcp:[::1]:0"));
    CHECK(pair.client.stream.write(octets_of("before it is open"), pair.client.shared()));
    REQUIRE(pair.open());
    CHECK(pair.server.stream.write(octets_of("answer"), pair.server.shared()));
    CHECK(pair.step_until([&] {
        return pair.server.received == "before it is open" && pair.client.received == "answer";
    }));
    CHECK(pair.client.counts.octets_sent == 17);
    CHECK(pair.server.counts.octets_received == 17);
    pair.client.stream.close(pair.client.shared());
    CHECK(pair.step_until([&] { return pair.server.has_ended; }));
}

TEST_CASE("TLS 1.2 and 1.3 with ECDSA and RSA carry octets and resume", "[engine][io]") {
    const TlsVersion version = GENERATE(TlsVersion::v1_2, TlsVersion::v1_3);
    const KeyKind key = GENERATE(KeyKind::ecdsa_p256, KeyKind::rsa_2048);
    const TlsContext server = TlsContext::server({.self_made = key});
    const TlsContext client = TlsContext::client({.version = version});
    TlsSession session;
    for (const bool is_second : {false, true}) {
        Pair pair(&server, &client, &session);
        CHECK(pair.client.stream.write(octets_of("ping"), pair.client.shared()));
        REQUIRE(pair.open());
        CHECK(pair.server.stream.write(octets_of("pong"), pair.server.shared()));
        REQUIRE(pair.step_until(
            [&] { return pair.client.received == "pong" && pair.server.received == "ping"; }));
        CHECK(pair.client.stream.is_resumed() == is_second);
        CHECK(pair.server.stream.is_resumed() == is_second);
        CHECK(pair.server.counts.handshakes_resumed == (is_second ? 1 : 0));
        CHECK(pair.server.counts.handshakes_full == (is_second ? 0 : 1));
        session = pair.client.stream.session();
        CHECK(session.get() != nullptr);
        pair.client.stream.close(pair.client.shared());
        CHECK(pair.step_until([&] { return pair.server.has_ended; }));
    }
}

TEST_CASE("without tickets nothing is resumed", "[engine][io]") {
    const TlsContext server = TlsContext::server({.has_tickets = false});
    const TlsContext client = TlsContext::client({});
    Pair pair(&server, &client);
    REQUIRE(pair.open());
    pair.server.stream.write(octets_of("pong"), pair.server.shared());
    REQUIRE(pair.step_until([&] { return pair.client.received == "pong"; }));
    CHECK(pair.client.stream.session().get() == nullptr);
}

/// A self-made certificate with its key, as a file.
std::string certificate_file(const std::string& name) {
    const TlsContext context = TlsContext::server({});
    const std::string path = std::filesystem::temp_directory_path() / ("busyhour-io-" + name);
    std::FILE* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    PEM_write_X509(file, SSL_CTX_get0_certificate(context.get()));
    PEM_write_PrivateKey(file, SSL_CTX_get0_privatekey(context.get()), nullptr, nullptr, 0, nullptr,
                         nullptr);
    std::fclose(file);
    return path;
}

TEST_CASE("mutual TLS takes a client of the authority and no other", "[engine][io]") {
    const std::string known = certificate_file("known.pem");
    const std::string stranger = certificate_file("stranger.pem");
    const TlsContext server =
        TlsContext::server({.certificate_file = known, .authority_file = known});
    const TlsContext friendly =
        TlsContext::client({.certificate_file = known, .authority_file = known});
    Pair good(&server, &friendly);
    CHECK(good.open());

    const TlsContext without = TlsContext::client({});
    const TlsContext foreign = TlsContext::client({.certificate_file = stranger});
    for (const TlsContext* client : {&without, &foreign}) {
        Pair bad(&server, client);
        CHECK_FALSE(bad.step_until([&] { return bad.server.stream.state() == StreamState::open; }));
        CHECK(bad.server.counts.handshakes_failed == 1);
    }
    const TlsContext suspicious = TlsContext::client({.authority_file = stranger});
    Pair doubted(&server, &suspicious);
    CHECK_FALSE(doubted.open());
    CHECK(doubted.client.counts.handshakes_failed == 1);
    std::filesystem::remove(known);
    std::filesystem::remove(stranger);
}

TEST_CASE("a certificate that cannot be read is named", "[engine][io]") {
    CHECK_THROWS_WITH(TlsContext::server({.certificate_file = "/nowhere.pem"}),
                      Catch::Contains("/nowhere.pem"));
    CHECK_THROWS_WITH(TlsContext::server({.authority_file = "/nowhere.pem"}),
                      Catch::Contains("/nowhere.pem"));
}

TEST_CASE("a version that the server does not speak fails the handshake", "[engine][io]") {
    const TlsContext server = TlsContext::server({.version = TlsVersion::v1_3});
    const TlsContext client = TlsContext::client({.version = TlsVersion::v1_2});
    Pair pair(&server, &client);
    CHECK_FALSE(pair.open());
    CHECK(pair.server.counts.handshakes_failed == 1);
}

TEST_CASE("what the far end does not read waits up to the bound and is then refused",
          "[engine][io]") {
    const bool is_tls = GENERATE(false, true);
    const TlsContext server_tls = TlsContext::server({});
    const TlsContext client_tls = TlsContext::client({});
    Pair pair(is_tls ? &server_tls : nullptr, is_tls ? &client_tls : nullptr);
    REQUIRE(pair.open());
    const std::string text(10'000, 'x');
    std::size_t written = 0;
    while (pair.server.stream.write(octets_of(text), pair.server.shared())) ++written;
    CHECK(pair.server.stream.backlog_octets() <= BufferPool::large_octets);
    CHECK(pair.server.stream.backlog_octets() > 0);
    CHECK(pair.server.stream.wants_write());
    CHECK(pair.server.counts.backlog_overflows == 1);
    CHECK(pair.step_until([&] { return pair.client.received.size() == written * text.size(); }));
    CHECK(pair.server.stream.backlog_octets() == 0);
    CHECK(pair.server.pool.borrowed() == 0);
}

TEST_CASE("a reset ends the connection and gives its buffers back", "[engine][io]") {
    Pair pair(nullptr, nullptr);
    REQUIRE(pair.open());
    CHECK(pair.server.stream.keep(octets_of("part"), pair.server.shared()));
    pair.client.stream.close(pair.client.shared(), true);
    CHECK(pair.step_until([&] { return pair.server.has_ended; }));
    CHECK_FALSE(pair.server.stream.write(octets_of("x"), pair.server.shared()));
    pair.server.stream.close(pair.server.shared());
    CHECK(pair.server.pool.borrowed() == 0);
}

TEST_CASE("a connection that nobody takes fails", "[engine][io]") {
    Peer nobody;
    {
        const StreamListener gone(loopback(Transport::tcp), false);
        nobody = gone.local();
    }
    FarEnd client;
    if (client.stream.connect(nobody, nullptr, nullptr)) {
        pollfd ready{.fd = client.stream.descriptor(), .events = POLLOUT, .revents = 0};
        CHECK(poll(&ready, 1, patience_ms) == 1);
        CHECK_FALSE(client.stream.advance(client.shared()));
        CHECK(client.counts.failed == 1);
    }
}

}  // namespace
}  // namespace busyhour::engine::io
