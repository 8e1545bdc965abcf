#include "engine/load/ng_calls.h"

#include "engine/load/media_line.h"
#include "engine/load/octets.h"

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <string>

namespace busyhour::engine::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time calls_begin = Time(std::chrono::hours(1));

MediaOptions media_of(std::size_t calls) {
    MediaOptions options;
    options.calls_number = calls;
    options.duration = seconds(1);
    return options;
}

NgCallOptions call_options_of(double rate_per_s) {
    NgCallOptions options;
    options.rate_per_s = rate_per_s;
    options.offer.encoding = "PCMU/8000";
    options.prefix = "call-";
    return options;
}

/// Answers offers and answers with a port of its own each, 40000 and up, as an rtpengine would.
class ScriptedRelay {
public:
    std::function<bool(const Bencode&)> loses = [](const Bencode&) { return false; };
    std::function<bool(const Bencode&)> refuses = [](const Bencode&) { return false; };
    std::string attributes;  ///< of the streams in its answers
    std::map<std::string, int> requests;
    std::map<std::string, std::string> last_sdp;  ///< by command

    std::string answer_to(std::string_view datagram) {
        const std::size_t space = datagram.find(' ');
        const auto request = parse_bencode(datagram.substr(space + 1));
        REQUIRE(request);
        const std::string command(*request->find("command")->text());
        ++requests[command];
        if (loses(*request)) return {};
        BencodeWriter writer;
        writer.dictionary();
        if (refuses(*request)) {
            writer.entry("result", "error").entry("error-reason", "no ports").end();
        } else if (command == "delete") {
            writer.entry("result", "ok").text("totals").dictionary();
            for (const char* kind : {"RTP", "RTCP"}) {
                writer.text(kind).dictionary().text("packets").integer(100).text("bytes");
                writer.integer(17200).text("errors").integer(0).end();
            }
            writer.end().end();
        } else {
            last_sdp[command] = *request->find("sdp")->text();
            writer.entry("result", "ok").entry("sdp", sdp()).end();
        }
        return std::string(datagram.substr(0, space + 1)) + writer.octets();
    }

private:
    std::string sdp() {
        const std::string port = std::to_string(40000 + 2 * ports_++);
        return "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio " +
               port + " RTP/AVP 0\r\n" + attributes;
    }
    int ports_ = 0;
};

/// Works until all is over; the moment it ended.
Time work(NgCalls& calls, ScriptedRelay& relay, Time now) {
    Outbox out(256, 1U << 20U);
    while (!calls.is_over()) {
        calls.timeout(now, out);
        while (!out.is_empty()) {
            std::vector<std::string> answers;
            for (std::size_t i = 0; i < out.size(); ++i) {
                answers.push_back(relay.answer_to(as_text(out[i].bytes)));
            }
            out.clear();
            for (const std::string& answer : answers) {
                if (!answer.empty()) calls.receive(as_octets(answer), now, out);
            }
        }
        if (calls.is_over()) break;
        now = std::max(now, calls.next_timeout());
    }
    return now;
}

TEST_CASE("calls are set up and ended at a bounded rate", "[engine][load][ng]") {
    MediaGenerator generator(media_of(20));
    NgCalls calls(call_options_of(10), generator);
    ScriptedRelay relay;
    calls.begin_set_up(calls_begin);
    CHECK(work(calls, relay, calls_begin) == calls_begin + milliseconds(1900));
    CHECK(calls.counts().set_up == 20);
    CHECK(relay.requests == std::map<std::string, int>{{"offer", 20}, {"answer", 20}});
    // What the relay made of the caller's offer is the callee's remote, and the other way round.
    CHECK(generator.end(1).remote.rtp.port == 40000);
    CHECK(generator.end(0).remote.rtp.port == 40002);
    CHECK(generator.end(0).remote.rtcp.port == 40003);
    CHECK(generator.end(38).remote.rtp.port == 40000 + 2 * 39);

    calls.begin_end(calls_begin + seconds(10));
    work(calls, relay, calls_begin + seconds(10));
    CHECK(relay.requests["delete"] == 20);
    CHECK(calls.counts().ended == 20);
    CHECK(calls.counts().has_totals);
    CHECK(calls.counts().rtp.packets == 2000);
    CHECK(calls.counts().rtp.octets == 344'000);
    CHECK(calls.counts().rtcp.packets == 2000);
    CHECK(calls.requests().retransmissions == 0);
}

TEST_CASE("a lost request is sent again and its call is set up", "[engine][load][ng]") {
    MediaGenerator generator(media_of(5));
    NgCalls calls(call_options_of(1000), generator);
    ScriptedRelay relay;
    int losses = 3;
    relay.loses = [&](const Bencode& request) {
        return request.find("command")->text() == "answer" && losses-- > 0;
    };
    calls.begin_set_up(calls_begin);
    work(calls, relay, calls_begin);
    CHECK(calls.counts().set_up == 5);
    CHECK(calls.requests().retransmissions == 3);
    CHECK(calls.set_up_delay().largest() == milliseconds(500));
}

TEST_CASE("a call that is refused or not answered stays out", "[engine][load][ng]") {
    MediaGenerator generator(media_of(4));
    NgCalls calls(call_options_of(1000), generator);
    ScriptedRelay relay;
    relay.refuses = [](const Bencode& request) {
        return request.find("call-id")->text() == "call-1";
    };
    relay.loses = [](const Bencode& request) {
        return request.find("call-id")->text() == "call-2" &&
               request.find("command")->text() == "answer";
    };
    calls.begin_set_up(calls_begin);
    work(calls, relay, calls_begin);
    CHECK(calls.counts().set_up == 2);
    CHECK(calls.counts().refused == 2);
    CHECK(calls.counts().first_error == "no ports");
    CHECK(generator.calls_number() == 2);
    CHECK(calls.is_up(0));
    CHECK_FALSE(calls.is_up(1));
    calls.begin_end(calls_begin + seconds(60));
    work(calls, relay, calls_begin + seconds(60));
    CHECK(relay.requests["delete"] == 2);
}

TEST_CASE("an end takes the relay's key of its own suite and answers with that line's tag",
          "[engine][load][ng]") {
    MediaOptions media = media_of(1);
    media.suite = rtp::SrtpSuite::aes_cm_128_hmac_sha1_80;
    MediaGenerator generator(media);
    generator.end(1).unprotects.reset();
    NgCalls calls(call_options_of(100), generator);
    ScriptedRelay relay;
    relay.attributes =
        "a=crypto:1 AEAD_AES_128_GCM inline:QATZUMQqIzgkZsyAPBpQPJNYRmiHgafrzOXyOA\r\n"
        "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:W4kzZUov2PIjznjn0T5crEXQHtwAaGn5MmmvUZAf\r\n";
    calls.begin_set_up(calls_begin);
    work(calls, relay, calls_begin);
    CHECK(calls.counts().set_up == 1);
    CHECK(generator.end(1).unprotects);
    CHECK(relay.last_sdp["offer"].find("RTP/SAVP") != std::string::npos);
    CHECK(relay.last_sdp["offer"].find("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:") !=
          std::string::npos);
    CHECK(relay.last_sdp["answer"].find("a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:") !=
          std::string::npos);

    relay.attributes = "";
    NgCalls unkeyed(call_options_of(100), generator);
    unkeyed.begin_set_up(calls_begin);
    work(unkeyed, relay, calls_begin);
    CHECK(unkeyed.counts().refused == 1);
}

}  // namespace
}  // namespace busyhour::engine::load
