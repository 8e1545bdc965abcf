#include "calls.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace busyhour::engine::sip::testing {
namespace {

/// Writes what it was asked into the body, and remembers what ended.
class Notes : public MediaControl {
public:
    MediaVerdict rewrite(const MediaMessage& message, Time, Writer& body) noexcept override {
        accepted.push_back(message.accepts_call);
        if (verdict == MediaVerdict::rewritten) {
            body.text(message.call_id).text("|").text(message.sender_tag).text("|");
            body.text(message.body);
        }
        return verdict;
    }
    bool end(std::string_view call_id, Time) noexcept override {
        ended.emplace_back(call_id);
        return true;
    }
    bool fail(std::string_view call_id, Time) noexcept override {
        failed.emplace_back(call_id);
        return true;
    }

    MediaVerdict verdict = MediaVerdict::rewritten;
    std::vector<std::string> ended;
    std::vector<std::string> failed;
    std::vector<bool> accepted;  ///< by each description
};

const std::string type = "Content-Type: application/sdp;charset=utf-8\r\n";

std::string with_body(const std::string& message, const std::string& body) {
    const std::string none = "Content-Length: 0\r\n\r\n";
    return message.substr(0, message.size() - none.size()) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string body_of(const Sent& sent) {
    const std::size_t begin = sent.text.find("\r\n\r\n") + 4;
    const std::string body = sent.text.substr(begin);
    CHECK(sent.field("Content-Length") == std::to_string(body.size()));
    return body;
}

std::string in_dialog(const std::string& method, const std::string& fields = "") {
    return request(method, "sip:bob@192.0.2.2:5080",
                   "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\n" + fields, "2",
                   "z9hG4bK" + method);
}

struct Call {
    explicit Call(Notes& notes) : h(small_options(), &notes) { register_bob(h); }

    /// The INVITE as Bob gets it.
    Sent invite_bob() {
        const auto sent = h.give(with_body(invite("z9hG4bKi1", type), "offer"), caller);
        REQUIRE(sent.size() == 2);
        CHECK(sent[0].status() == 100);
        return sent[1];
    }

    Harness h;
};

TEST_CASE("descriptions pass the media relay both ways", "[engine][sip][media]") {
    Notes notes;
    Call call(notes);
    const Sent at_bob = call.invite_bob();
    CHECK(body_of(at_bob) == "call1|f1|offer");
    const auto ringing =
        call.h.give(with_body(response(at_bob, "183 Session Progress", type), "early"), callee);
    REQUIRE(ringing.size() == 1);
    CHECK(body_of(ringing[0]) == "call1|b1|early");
    const std::string ok = with_body(response(at_bob, "200 OK", type), "answer");
    CHECK(body_of(call.h.give(ok, callee).at(0)) == "call1|b1|answer");
    CHECK(body_of(call.h.give(ok, callee).at(0)) == "call1|b1|answer");  // its copy too
    const auto ack = call.h.give(with_body(in_dialog("ACK", type), "late"), caller);
    REQUIRE(ack.size() == 1);
    CHECK(body_of(ack[0]) == "call1|f1|late");
    CHECK(notes.ended.empty());
    CHECK(notes.failed.empty());
    CHECK(notes.accepted == std::vector<bool>{false, false, true, true, false});
}

TEST_CASE("BYE and the failure of a first INVITE end the relaying", "[engine][sip][media]") {
    Notes notes;
    Call call(notes);
    const Sent at_bob = call.invite_bob();
    SECTION("BYE") {
        call.h.give(response(at_bob, "200 OK"), callee);
        CHECK(notes.ended.empty());
        call.h.give(in_dialog("BYE"), caller);
        CHECK(notes.ended == std::vector<std::string>{"call1"});
    }
    SECTION("failure") {
        call.h.give(response(at_bob, "486 Busy Here"), callee);
        CHECK(notes.failed == std::vector<std::string>{"call1"});
    }
    SECTION("no answer ever") {
        call.h.pass(std::chrono::minutes(10));
        CHECK(notes.failed == std::vector<std::string>{"call1"});
    }
    SECTION("a refused re-INVITE leaves the call") {
        call.h.give(response(at_bob, "200 OK"), callee);
        const auto again = call.h.give(in_dialog("INVITE"), caller);
        REQUIRE(again.size() == 2);
        call.h.give(response(again[1], "488 Not Acceptable Here"), callee);
        CHECK(notes.ended.empty());
        CHECK(notes.failed.empty());
    }
}

TEST_CASE("what is no description and what nobody rewrites stays", "[engine][sip][media]") {
    Notes notes;
    Call call(notes);
    SECTION("another type") {
        const auto sent = call.h.give(
            with_body(invite("z9hG4bKi1", "Content-Type: text/plain\r\n"), "x"), caller);
        CHECK(body_of(sent.at(1)) == "x");
    }
    SECTION("left alone") {
        notes.verdict = MediaVerdict::unchanged;
        CHECK(body_of(call.invite_bob()) == "offer");
    }
}

TEST_CASE("a call that the media relay has no room for is refused", "[engine][sip][media]") {
    Notes notes;
    notes.verdict = MediaVerdict::refused;
    Call call(notes);
    const auto sent = call.h.give(with_body(invite("z9hG4bKi1", type), "offer"), caller);
    REQUIRE(sent.size() == 2);
    CHECK(sent[1].status() == 503);
    CHECK(sent[1].field("Retry-After") == "5");
    CHECK(call.h.count(Counter::refused_media) == 1);
    CHECK(call.h.count(Counter::server_transactions) == 0);
}

}  // namespace
}  // namespace busyhour::engine::sip::testing
