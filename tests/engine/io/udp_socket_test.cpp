#include "engine/io/udp_socket.h"

#include "engine/io/support.h"

#include <catch2/catch.hpp>

#include <system_error>

namespace busyhour::engine::io {
namespace {

/// Receives until `number` have come or patience ends.
std::vector<std::string> receive(ReceiveBatch& batch, const UdpSocket& socket, std::size_t number) {
    std::vector<std::string> texts;
    while (texts.size() < number) {
        pollfd ready{.fd = socket.descriptor(), .events = POLLIN, .revents = 0};
        if (poll(&ready, 1, patience_ms) != 1) break;
        const std::size_t size = batch.receive(socket);
        for (std::size_t i = 0; i < size; ++i) texts.push_back(text_of(batch[i].bytes));
    }
    return texts;
}

TEST_CASE("a batch of datagrams arrives whole with its sender", "[engine][io]") {
    const std::string host = GENERATE("udp:127.0.0.1:0", "udp:[::1]:0");
    UdpSocket server({.local = *parse_address(host)});
    UdpSocket client({.local = *parse_address(host)});
    SendBatch sending(8);
    SendCounts counts;
    std::vector<std::string> texts;
    for (int i = 0; i < 8; ++i) texts.push_back(std::string(std::size_t(i * 100), 'x'));
    for (const std::string& text : texts) sending.add(server.local(), octets_of(text));
    CHECK(sending.is_full());
    sending.send(client, counts);
    CHECK(sending.is_empty());
    CHECK(counts.datagrams == 8);
    CHECK(counts.octets == 2800);
    ReceiveBatch batch(4);
    CHECK(receive(batch, server, 8) == texts);
    CHECK(batch[0].from == client.local());
    CHECK(batch.receive(server) == 0);
}

TEST_CASE("datagrams that pass as one buffer arrive as they were", "[engine][io]") {
    const std::string host = GENERATE("udp:127.0.0.1:0", "udp:[::1]:0");
    const bool is_connected = GENERATE(false, true);
    // The last size is larger than the MTU of loopback: not to be cut, only fragmented.
    const std::size_t last_size = GENERATE(40U, 30'000U, 65'000U);
    UdpSocket server({.local = *parse_address(host)});
    UdpSocket other({.local = *parse_address(host)});
    UdpSocket client({.local = *parse_address(host)});
    if (is_connected) client.connect(server.local());
    SendBatch sending(16, true);
    SendCounts counts;
    std::vector<std::string> texts;
    std::size_t octets = 0;
    for (const std::size_t size : {30U, 30U, 30U, 40U, 40U, 0U, 0U, 30U}) {
        texts.push_back(std::string(size, static_cast<char>('a' + texts.size())));
    }
    texts.push_back(std::string(last_size, 'y'));
    texts.push_back(std::string(last_size, 'z'));
    for (const std::string& text : texts) {
        sending.add(server.local(), octets_of(text));
        octets += text.size();
    }
    if (!is_connected) sending.add(other.local(), octets_of(texts.back()));
    sending.send(client, counts);
    CHECK(counts.datagrams == (is_connected ? 10U : 11U));
    CHECK(counts.octets == octets + (is_connected ? 0 : last_size));
    CHECK(counts.failed == 0);
    ReceiveBatch batch(16);
    CHECK(receive(batch, server, 10) == texts);
    if (!is_connected) {
        CHECK(receive(batch, other, 1) == std::vector<std::string>{texts.back()});
    }
}

TEST_CASE("a datagram longer than the room is told apart", "[engine][io]") {
    UdpSocket server({.local = loopback(Transport::udp)});
    UdpSocket client({.local = loopback(Transport::udp)});
    client.connect(server.local());
    SendBatch sending(2);
    SendCounts counts;
    sending.add(server.local(), octets_of("123456789"));
    sending.add(server.local(), octets_of("12345678"));
    sending.send(client, counts);
    ReceiveBatch batch(2, 8);
    REQUIRE(receive(batch, server, 2).size() == 2);
    CHECK(batch[0].is_truncated);
    CHECK_FALSE(batch[1].is_truncated);
}

TEST_CASE("what the system refuses is counted and the rest still goes", "[engine][io]") {
    UdpSocket server({.local = loopback(Transport::udp)});
    UdpSocket client({.local = loopback(Transport::udp)});
    SendBatch sending(3);
    SendCounts counts;
    const std::string too_long(65'530, 'x');
    sending.add(server.local(), octets_of("one"));
    sending.add(server.local(), octets_of(too_long));
    sending.add(server.local(), octets_of("two"));
    sending.send(client, counts);
    CHECK(counts.datagrams == 2);
    CHECK(counts.failed == 1);
    ReceiveBatch batch;
    CHECK(receive(batch, server, 2) == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a port in use is refused with its address", "[engine][io]") {
    const UdpSocket first({.local = loopback(Transport::udp)});
    CHECK_THROWS_WITH(UdpSocket({.local = first.local()}),
                      Catch::Contains("cannot listen on " + to_text(first.local())));
}

TEST_CASE("what a full receive buffer dropped is counted", "[engine][io]") {
    UdpSocket server({.local = loopback(Transport::udp), .buffer_bytes = 4096});
    UdpSocket client({.local = loopback(Transport::udp)});
    SendBatch sending(64);
    SendCounts counts;
    const std::string text(1000, 'x');
    for (int i = 0; i < 64; ++i) sending.add(server.local(), octets_of(text));
    sending.send(client, counts);
    ReceiveBatch batch(64);
    std::uint32_t before = 0;
    std::size_t received = batch.receive(server);
    CHECK(received < 64);
    for (int i = 0; i < 1; ++i) sending.add(server.local(), octets_of(text));
    sending.send(client, counts);  // the system tells with the next datagram
    received += receive(batch, server, 1).size();
    const std::uint32_t dropped = batch.dropped_since(before);
    CHECK(received + dropped == counts.datagrams);
    CHECK(batch.dropped_since(before) == 0);
}

}  // namespace
}  // namespace busyhour::engine::io
