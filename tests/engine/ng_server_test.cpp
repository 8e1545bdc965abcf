#include "engine/ng_server.h"

#include "engine/io/address.h"
#include "engine/io/media_socket.h"
#include "engine/load/ng_bencode.h"
#include "engine/media_relay.h"
#include "support/own_loopback.h"

#include <catch2/catch.hpp>

#include <poll.h>

namespace busyhour::engine {
namespace {

using load::Bencode;
using load::BencodeWriter;

Peer ng_at(std::uint16_t port) {
    Peer peer = *io::parse_address("udp:" + own_loopback() + ":0");
    peer.port = port;
    return peer;
}

std::string ng_audio(const std::string& address, const std::string& protocol = "RTP/AVP") {
    return "v=0\r\no=- 1 1 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address +
           "\r\nt=0 0\r\nm=audio 5000 " + protocol + " 0\r\n";
}

std::string request(const std::string& command, const std::string& call_id,
                    const std::string& from_tag = "", const std::string& to_tag = "",
                    const std::string& sdp = "", const std::string& protocol = "") {
    BencodeWriter writer;
    writer.dictionary();
    if (!protocol.empty()) writer.entry("transport-protocol", protocol);
    if (!sdp.empty()) writer.entry("sdp", sdp);
    if (!from_tag.empty()) writer.entry("from-tag", from_tag);
    if (!to_tag.empty()) writer.entry("to-tag", to_tag);
    if (!call_id.empty()) writer.entry("call-id", call_id);
    return writer.entry("command", command).end().octets();
}

struct NgBench {
    /// The value behind `key` in the answer.
    std::string ask(const std::string& dictionary, const std::string& key) {
        answer = answer_ng("c00kie " + dictionary, calls, Time{}, counts);
        REQUIRE(answer.starts_with("c00kie "));
        const auto value = load::parse_bencode(std::string_view(answer).substr(7));
        REQUIRE(value);
        const auto found = value->find(key);
        return found ? std::string(found->text().value_or("")) : "";
    }

    MediaRelay relay{
        {.address = ng_at(0), .port_first = 20'000, .port_last = 20'099, .media_max = 1}};
    CallMedia calls{{.calls_max = 10, .address = ng_at(0)}, relay};
    NgServerCounts counts;
    std::string answer;
};

TEST_CASE("offer, answer and delete of the ng protocol drive the relay", "[engine][ng]") {
    NgBench b;
    CHECK(b.ask(request("ping", ""), "result") == "pong");
    const std::string offer = b.ask(request("offer", "c", "a", "", ng_audio("192.0.2.1")), "sdp");
    CHECK(offer.find("c=IN IP4 " + own_loopback() + "\r\n") != std::string::npos);
    CHECK(offer.find("m=audio 20002 RTP/AVP 0\r\n") != std::string::npos);
    const std::string answer =
        b.ask(request("answer", "c", "a", "b", ng_audio("192.0.2.2")), "sdp");
    CHECK(answer.find("m=audio 20000 RTP/AVP 0\r\n") != std::string::npos);
    CHECK(b.relay.media() == 1);
    CHECK(b.ask(request("offer", "d", "a", "", ng_audio("192.0.2.1")), "error-reason") ==
          "Out of ports, room or keys");
    CHECK(b.ask(request("delete", "c", "a"), "result") == "ok");
    CHECK(b.ask(request("delete", "c", "a"), "warning") == "Call-ID not found");
    // The answer again, too late.
    CHECK(b.ask(request("answer", "c", "a", "b", ng_audio("192.0.2.2")), "error-reason") ==
          "Unknown call-id");
    CHECK(b.calls.calls() == 0);
    CHECK(b.counts.requests == 7);
    CHECK(b.counts.refused == 2);
}

TEST_CASE("transport-protocol says what the other end is offered", "[engine][ng]") {
    NgBench b;
    const std::string offer =
        b.ask(request("offer", "c", "a", "", ng_audio("192.0.2.1"), "RTP/SAVP"), "sdp");
    CHECK(offer.find("m=audio 20002 RTP/SAVP 0\r\n") != std::string::npos);
    CHECK(offer.find("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:") != std::string::npos);
}

TEST_CASE("requests of the ng protocol that lack something are refused by name", "[engine][ng]") {
    NgBench b;
    CHECK(b.ask(request("offer", "", "a", "", ng_audio("192.0.2.1")), "error-reason") ==
          "No call-id in message");
    CHECK(b.ask(request("offer", "c", "", "", ng_audio("192.0.2.1")), "error-reason") ==
          "No from-tag in message");
    CHECK(b.ask(request("answer", "c", "a", "", ng_audio("192.0.2.1")), "error-reason") ==
          "No to-tag in message");
    CHECK(b.ask(request("offer", "c", "a"), "error-reason") == "No SDP body in message");
    CHECK(b.ask(request("delete", ""), "error-reason") == "No call-id in message");
    CHECK(b.ask(request("sing", "c"), "error-reason") == "Unrecognized command");
    CHECK(b.relay.media() == 0);
}

TEST_CASE("what is no request of the ng protocol gets no answer", "[engine][ng]") {
    NgBench b;
    const std::string text =
        GENERATE(as<std::string>(), "", " ", "cookie", "cookie ", "cookie d", "cookie i1e",
                 " d7:command4:pinge", "cookie d7:command4:pingee");
    CHECK(answer_ng(text, b.calls, Time{}, b.counts).empty());
    CHECK(answer_ng(std::string(257, 'c') + " " + request("ping", ""), b.calls, Time{}, b.counts)
              .empty());
    CHECK(b.counts.malformed == 2);
}

TEST_CASE("the ng protocol is answered over UDP", "[engine][ng][io]") {
    NgBench b;
    NgServer server(ng_at(0), b.calls);
    server.start();
    const auto client = io::MediaSocket::open(ng_at(0));
    REQUIRE(client);
    const std::string ping = "1_2 " + request("ping", "");
    REQUIRE(client->send(server.listening(), std::vector<std::uint8_t>(ping.begin(), ping.end())));
    pollfd ready{.fd = client->descriptor(), .events = POLLIN, .revents = 0};
    REQUIRE(poll(&ready, 1, 5000) == 1);
    std::vector<std::uint8_t> room(100);
    Peer from;
    room.resize(client->receive(room, from).size);
    CHECK(std::string(room.begin(), room.end()) == "1_2 d6:result4:ponge");
    CHECK(from == server.listening());
    server.stop();
    CHECK(server.counts().requests == 1);
}

}  // namespace
}  // namespace busyhour::engine
