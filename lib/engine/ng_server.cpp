#include "engine/ng_server.h"

#include "engine/load/ng_bencode.h"

#include <array>
#include <optional>
#include <vector>

namespace busyhour::engine {
namespace {

using load::Bencode;
using load::BencodeWriter;

constexpr std::uint64_t socket_token = 1;
constexpr std::uint64_t waker_token = 2;
constexpr std::size_t cookie_octets_max = 256;
constexpr std::size_t description_octets_max = 16384;

std::string_view text_of(const Bencode& request, std::string_view key) noexcept {
    const std::optional<Bencode> value = request.find(key);
    return value ? value->text().value_or("") : "";
}

std::string refusal(std::string_view why) {
    BencodeWriter writer;
    writer.dictionary().entry("result", "error").entry("error-reason", why).end();
    return writer.octets();
}

sip::MediaProtection protection_of(std::string_view protocol) noexcept {
    if (protocol.empty()) return sip::MediaProtection::same;
    return protocol.find("SAVP") == protocol.npos ? sip::MediaProtection::plain
                                                  : sip::MediaProtection::secure;
}

/// `offer` or `answer`: the description as the other end is to see it.
std::string describe(const Bencode& request, bool is_offer, CallMedia& media, Time now) {
    const sip::MediaMessage message{
        .call_id = text_of(request, "call-id"),
        .sender_tag = text_of(request, is_offer ? "from-tag" : "to-tag"),
        .body = text_of(request, "sdp"),
        .protection = protection_of(text_of(request, "transport-protocol")),
        .opens_call = is_offer};
    if (message.call_id.empty()) return refusal("No call-id in message");
    if (message.sender_tag.empty()) {
        return refusal(is_offer ? "No from-tag in message" : "No to-tag in message");
    }
    if (message.body.empty()) return refusal("No SDP body in message");
    std::vector<char> room(description_octets_max);
    sip::Writer writer(room);
    const sip::MediaVerdict verdict = media.rewrite(message, now, writer);
    if (verdict == sip::MediaVerdict::refused) {
        // An answer that comes when its call is over opens no other one.
        const bool is_known = is_offer || media.knows(message.call_id);
        return refusal(is_known ? "Out of ports, room or keys" : "Unknown call-id");
    }
    if (writer.is_full()) return refusal("SDP too long");
    BencodeWriter answer;
    answer.dictionary().entry("result", "ok");
    answer.entry("sdp", verdict == sip::MediaVerdict::rewritten ? writer.written() : message.body);
    answer.end();
    return answer.octets();
}

std::string carry_out(const Bencode& request, CallMedia& media, Time now) {
    const std::string_view command = text_of(request, "command");
    if (command == "offer" || command == "answer") {
        return describe(request, command == "offer", media, now);
    }
    BencodeWriter answer;
    answer.dictionary();
    if (command == "ping") return answer.entry("result", "pong").end().octets();
    if (command == "delete") {
        const std::string_view call_id = text_of(request, "call-id");
        if (call_id.empty()) return refusal("No call-id in message");
        const bool was_there = media.end(call_id, now);
        answer.entry("result", "ok");
        if (!was_there) answer.entry("warning", "Call-ID not found");
        return answer.end().octets();
    }
    return refusal("Unrecognized command");
}

}  // namespace

std::string answer_ng(std::string_view request, CallMedia& media, Time now,
                      NgServerCounts& counts) {
    const std::size_t space = request.find(' ');
    const std::string_view cookie = request.substr(0, space);
    const bool has_cookie =
        space != request.npos && !cookie.empty() && cookie.size() <= cookie_octets_max;
    const auto value = has_cookie ? load::parse_bencode(request.substr(space + 1)) : std::nullopt;
    if (!value || value->kind() != load::BencodeKind::dictionary) {
        ++counts.malformed;
        return {};
    }
    ++counts.requests;
    const std::string answer = carry_out(*value, media, now);
    if (answer.find("6:result5:error") != answer.npos) ++counts.refused;
    return std::string(cookie).append(" ").append(answer);
}

NgServer::NgServer(const Peer& listen, CallMedia& media)
    : media_(media), socket_({.local = listen}), received_(32), to_send_(1) {
    loop_.add(socket_.descriptor(), socket_token);
    loop_.add(waker_.descriptor(), waker_token);
}

void NgServer::start() {
    thread_ = std::thread([this] { run(); });
}

void NgServer::stop() {
    is_stopping_ = true;
    waker_.wake();
    if (thread_.joinable()) thread_.join();
}

void NgServer::run() {
    io::SendCounts sent;
    while (!is_stopping_) {
        loop_.wait(io::clock_now(), never);
        const std::size_t number = received_.receive(socket_);
        const Time now = io::clock_now();
        for (std::size_t i = 0; i < number; ++i) {
            const io::Datagram datagram = received_[i];
            const void* begin = datagram.bytes.data();
            const std::string answer = answer_ng(
                {static_cast<const char*>(begin), datagram.bytes.size()}, media_, now, counts_);
            if (answer.empty()) continue;
            const void* front = answer.data();
            to_send_.add(datagram.from, {static_cast<const std::uint8_t*>(front), answer.size()});
            to_send_.send(socket_, sent);
        }
    }
}

}  // namespace busyhour::engine
