// A thousand calls in virtual time: what a planner would count.

#include "busyhour/catalog/catalog.h"
#include "busyhour/model/rtcp.h"
#include "engine/rtp/session_pair.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

namespace busyhour::engine::rtp {
namespace {

constexpr std::int64_t observed_s = 180;
constexpr std::int64_t settling_s = 10;

struct CallCounts {
    SentCounts first;     ///< from the beginning until 10 s
    SentCounts observed;  ///< in the three minutes after that
};

/// One call of two participants who join a little apart. The first report comes after 2.5 s in the
/// mean and not 5, so a rate is counted from 10 s on.
CallCounts counted_call(const SessionOptions& options, const Payload& payload, int call) {
    const Time start = at_us(37 * std::int64_t{call});
    SessionPair pair;
    SessionOptions each = options;
    each.source.seed = 2 * static_cast<std::uint64_t>(call);
    pair.caller().start(each, payload, start);
    ++each.source.seed;
    pair.callee().start(each, payload, start + std::chrono::microseconds(7001));
    CallCounts counts;
    counts.first = pair.run_until(start + std::chrono::seconds(settling_s));
    counts.observed = pair.run_until(start + std::chrono::seconds(settling_s + observed_s));
    REQUIRE(pair.caller().sink().reception().lost() == 0);
    REQUIRE(pair.callee().sink().reception().lost() == 0);
    return counts;
}

CallCounts counted_calls(const SessionOptions& options, const Format& format, int calls) {
    const Payload payload(format);
    CallCounts sum;
    for (int call = 0; call < calls; ++call) {
        const CallCounts counts = counted_call(options, payload, call);
        sum.first.add(counts.first);
        sum.observed.add(counts.observed);
    }
    return sum;
}

double per_s(std::uint64_t number) {
    return static_cast<double>(number) / observed_s;
}

}  // namespace

TEST_CASE("a thousand calls send 100000 RTP packets/s and 400 RTCP packets/s",
          "[engine][rtp][rtcp]") {
    constexpr int calls = 1000;
    const CallCounts counts = counted_calls(g711_session(0), Format(), calls);
    const SentCounts& sent = counts.observed;
    CHECK(sent.rtp == 100000 * observed_s);
    CHECK(sent.rtp_octets == sent.rtp * 172);
    CHECK(per_s(sent.rtcp) == Approx(400).epsilon(0.02));
    // Sender report, one block, CNAME of 20: RFC 3550, 6.4.1 and 6.5
    CHECK(sent.rtcp_octets == sent.rtcp * 84);
    // From the first second on: the shorter first interval is one report in 36.
    CHECK(static_cast<double>(counts.first.rtcp + sent.rtcp) / (settling_s + observed_s) ==
          Approx(400).epsilon(0.02));

    // The RFC's own interval by the planner's formula, and the talk's 5 % of the packets
    busyhour::RtcpSession model;
    model.session_bits_per_s = 160000;
    CHECK(per_s(sent.rtcp) == Approx(calls * busyhour::packets_per_s(model)).epsilon(0.02));
    CHECK(per_s(sent.rtp) + calls * busyhour::packets_per_s(model) == Approx(100400));
    CHECK(per_s(sent.rtp) + busyhour::share_rule_packets_per_s(per_s(sent.rtp)) == Approx(105000));
}

TEST_CASE("calls with the reduced minimum report as often as the model says", "[engine][rtcp]") {
    // RFC 3550, 6.2: 360 / 160 = 2.25 s, so 2 / 2.25 packets/s a call
    constexpr int calls = 100;
    SessionOptions options = g711_session(0);
    options.rtcp.has_reduced_minimum = true;
    const SentCounts sent = counted_calls(options, Format(), calls).observed;
    CHECK(per_s(sent.rtcp) == Approx(calls * 2 / 2.25).epsilon(0.02));
    busyhour::RtcpSession model;
    model.session_bits_per_s = 160000;
    model.reduced_minimum = true;
    CHECK(per_s(sent.rtcp) == Approx(calls * busyhour::packets_per_s(model)).epsilon(0.02));
}

TEST_CASE("a call with silence suppression still reports each 5 s", "[engine][rtcp]") {
    constexpr int calls = 100;
    SessionOptions options = g711_session(0);
    options.source.discontinuous.mean_talkspurt = std::chrono::milliseconds(1000);
    options.source.discontinuous.mean_pause = std::chrono::milliseconds(1500);
    const SentCounts sent = counted_calls(options, Format(), calls).observed;
    CHECK(per_s(sent.rtcp) == Approx(calls * 0.4).epsilon(0.02));
    CHECK(per_s(sent.rtp) < calls * 50);    // half of them would be 50
    CHECK(per_s(sent.rtp) > calls * 33.3);  // and a third 33
}

TEST_CASE("packets and octets of every codec are those of the model at each layer",
          "[engine][rtp][identity]") {
    static const busyhour::Catalog catalog = busyhour::load_catalog();
    struct Layers {
        std::vector<std::string> names;
        std::uint64_t octets;  // below RTP, of one packet
    };
    const Layers layers[] = {{{"rtp"}, 0},
                             {{"ipv4", "udp", "rtp"}, 28},
                             {{"ipv6", "udp", "rtp"}, 48},
                             {{"ethernet", "ipv4", "udp", "rtp"}, 46}};
    for (const auto& row : busyhour::test::read_table("codecs.csv")) {
        CAPTURE(row.text("codec"), row.text("bit_rate_bits_per_s"), row.text("ptime_ms"));
        const busyhour::Codec& codec = busyhour::codec_named(catalog, row.text("codec"), "codec");
        const busyhour::Packetisation model = busyhour::packetise(
            codec, {.ptime_s = row.number("ptime_ms") / 1000,
                    .bit_rate_bits_per_s = row.number("bit_rate_bits_per_s"),
                    .is_octet_aligned = row.text("packing") == "octet_aligned"});
        const Payload payload(
            {.payload_type = 96,
             .clock_rate_hz = static_cast<std::uint32_t>(codec.rtp_clock_hz),
             .ptime = Duration(std::llround(model.ptime_s * 1e9)),
             .payload_octets = static_cast<std::uint16_t>(std::llround(model.payload_bytes)),
             .content = Content::synthetic});
        Source source;
        source.start(payload, {}, at_ms(0));
        OctetVector out(source.packet_octets_max());
        std::uint64_t packets = 0;
        std::uint64_t octets = 0;
        while (source.next_timeout() < at_ms(60000)) {
            octets += source.timeout(source.next_timeout(), out);
            ++packets;
        }
        CHECK(static_cast<double>(packets) == Approx(60 * model.packets_per_s).epsilon(1e-12));
        for (const Layers& each : layers) {
            const busyhour::HeaderStack stack =
                busyhour::stack_named(catalog, each.names, "layers");
            CHECK(static_cast<double>(octets + packets * each.octets) ==
                  Approx(60 * model.packets_per_s *
                         busyhour::packet_bytes(stack, model.payload_bytes))
                      .epsilon(1e-12));
        }
    }
}

}  // namespace busyhour::engine::rtp
