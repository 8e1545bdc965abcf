#include "engine/load/ng_calls.h"

#include "engine/rtp/sdes.h"
#include "engine/sip/sdp.h"

#include <algorithm>
#include <array>

namespace busyhour::engine::load {
namespace {

constexpr std::string_view ng_caller_tag = "caller";
constexpr std::string_view ng_callee_tag = "callee";

std::uint64_t total_of(const std::optional<Bencode>& dictionary, std::string_view key) noexcept {
    const std::optional<Bencode> value = dictionary ? dictionary->find(key) : std::nullopt;
    const std::int64_t number = value ? value->integer().value_or(0) : 0;
    return number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

void add_totals(const std::optional<Bencode>& dictionary, RelayTotals& totals) noexcept {
    totals.packets += total_of(dictionary, "packets");
    totals.octets += total_of(dictionary, "bytes");
    totals.errors += total_of(dictionary, "errors");
}

std::string crypto_line(const MediaEnd& end) {
    if (!end.crypto) return {};
    std::array<char, rtp::sdes_octets_max> line{};
    return {line.data(), rtp::write_sdes(*end.crypto, line)};
}

}  // namespace

NgCalls::NgCalls(const NgCallOptions& options, MediaGenerator& generator)
    : options_(options),
      generator_(generator),
      client_(options.client),
      states_(generator.ends_number() / 2, State::idle),
      begun_(states_.size()) {}

void NgCalls::begin(State from, Time now) noexcept {
    from_ = from;
    next_ = 0;
    begin_ = now;
    started_ = 0;
    while (next_ < states_.size() && states_[next_] != from_) ++next_;
}

bool NgCalls::is_over() const noexcept {
    return next_ >= states_.size() && client_.open() == 0;
}

Time NgCalls::next_start() const noexcept {
    if (next_ >= states_.size() || client_.is_full()) return never;
    const double wait_s = static_cast<double>(started_) / options_.rate_per_s;
    return begin_ + Duration(static_cast<Duration::rep>(wait_s * 1e9));
}

Time NgCalls::next_timeout() const noexcept {
    return std::min(next_start(), client_.next_timeout());
}

void NgCalls::timeout(Time now, Outbox& out) {
    while (const std::optional<NgAnswer> failed = client_.timeout(now, out)) {
        work_on(*failed, now, out);
    }
    start_due(now, out);
}

void NgCalls::start_due(Time now, Outbox& out) {
    while (next_start() <= now && !out.is_half_full()) {
        const std::uint32_t call = next_;
        begun_[call] = now;
        states_[call] = from_ == State::idle ? State::offered : State::ending;
        request(call, now, out);
        ++started_;
        do ++next_;
        while (next_ < states_.size() && states_[next_] != from_);
    }
}

void NgCalls::receive(std::span<const std::uint8_t> datagram, Time now, Outbox& out) {
    if (const std::optional<NgAnswer> answer = client_.receive(datagram)) {
        work_on(*answer, now, out);
    }
}

void NgCalls::request(std::uint32_t call, Time now, Outbox& out) {
    if (!client_.send(call, request_text(call), now, out)) give_up(call, "no room");
}

std::string NgCalls::request_text(std::uint32_t call) const {
    const State state = states_[call];
    BencodeWriter writer;
    writer.dictionary();
    writer.entry("call-id", options_.prefix + std::to_string(call));
    writer.entry("from-tag", ng_caller_tag);
    if (state == State::ending) {
        writer.entry("command", "delete").text("delete-delay").integer(0).end();
        return writer.octets();
    }
    const bool is_offer = state == State::offered;
    writer.entry("command", is_offer ? "offer" : "answer");
    if (!is_offer) writer.entry("to-tag", ng_callee_tag);
    const std::size_t end = 2 * std::size_t{call} + (is_offer ? 0 : 1);
    MediaOffer offer = options_.offer;
    offer.local = generator_.end(end).local;
    offer.crypto = crypto_line(generator_.end(end));
    writer.entry("sdp", write_sdp(offer, end + 1));
    writer.entry("ICE", "remove").entry("DTLS", "off");
    if (is_offer) {
        const bool is_callee_plain = !generator_.end(end + 1).crypto;
        writer.entry("transport-protocol", is_callee_plain ? "RTP/AVP" : "RTP/SAVP");
    }
    writer.text("replace").list().text("origin").end().end();
    return writer.octets();
}

void NgCalls::work_on(const NgAnswer& answer, Time now, Outbox& out) {
    const std::uint32_t call = answer.request;
    const State state = states_[call];
    if (!answer.is_ok()) {
        give_up(call, answer.error());
        return;
    }
    if (state == State::ending) {
        take_totals(answer);
        ++counts_.ended;
        states_[call] = State::over;
        return;
    }
    if (!take_sdp(call, answer)) {
        give_up(call, "an answer without address or key of an audio stream");
        return;
    }
    if (state == State::offered) {
        states_[call] = State::answered;
        request(call, now, out);
        return;
    }
    states_[call] = State::up;
    set_up_delay_.record(now - begun_[call]);
    ++counts_.set_up;
}

/// What the relay makes of the caller's offer is for the callee, and the other way round.
bool NgCalls::take_sdp(std::uint32_t call, const NgAnswer& answer) {
    const std::optional<Bencode> value = answer.value->find("sdp");
    const std::optional<std::string_view> sdp = value ? value->text() : std::nullopt;
    const std::optional<MediaDestination> found = sdp ? read_sdp(*sdp) : std::nullopt;
    if (!found) return false;
    const bool is_for_callee = states_[call] == State::offered;
    MediaEnd& end = generator_.end(2 * std::size_t{call} + (is_for_callee ? 1 : 0));
    end.remote = found->remote;
    return !end.crypto || take_key(end, found->lines);
}

/// The relay's key, of the lines that it offers or answers with. Source: rfc4568 5.1.2.
bool NgCalls::take_key(MediaEnd& end, std::string_view lines) {
    constexpr std::size_t lines_max = 32;
    std::array<std::string_view, lines_max> offered{};
    std::size_t size = 0;
    while (size < lines_max) {
        const auto line = sip::next_attribute(lines, "crypto");
        if (!line) break;
        offered[size++] = *line;
    }
    const rtp::SrtpSuite suite = end.crypto->parameters.suite;
    const auto chosen = rtp::choose_sdes(std::span(offered).first(size), std::span(&suite, 1));
    if (!chosen) return false;
    end.crypto->tag = chosen->tag;
    receive_with(end, chosen->parameters);
    return true;
}

void NgCalls::take_totals(const NgAnswer& answer) noexcept {
    const std::optional<Bencode> totals = answer.value->find("totals");
    if (!totals) return;
    counts_.has_totals = true;
    add_totals(totals->find("RTP"), counts_.rtp);
    add_totals(totals->find("RTCP"), counts_.rtcp);
}

void NgCalls::give_up(std::uint32_t call, std::string_view why) {
    if (counts_.first_error.empty()) counts_.first_error = why;
    if (states_[call] == State::ending) {
        ++counts_.lost;
    } else {
        ++counts_.refused;
        generator_.leave_out(call);
    }
    states_[call] = State::over;
}

}  // namespace busyhour::engine::load
