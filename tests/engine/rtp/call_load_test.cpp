// A thousand calls in virtual time: what a planner would count.

#include "busyhour/model/rtcp.h"
#include "engine/rtp/session_pair.h"

#include <catch2/catch.hpp>

#include <chrono>

namespace busyhour::engine::rtp {
namespace {

constexpr int calls_number = 1000;

/// One call of two participants who join a little apart, observed from 10 s to 10 s + `seconds`
/// after the first has joined: the first report, which comes after 2.5 s and not 5, is over then.
SentCounts observed_call(int call, std::int64_t seconds) {
    static const Payload payload{Format()};
    const Time start = at_us(37 * std::int64_t{call});
    const Time callee_start = start + std::chrono::microseconds(7001);
    SessionPair pair;
    const auto seed = static_cast<std::uint64_t>(2 * call);
    pair.caller().start(g711_session(seed), payload, start);
    pair.callee().start(g711_session(seed + 1), payload, callee_start);
    pair.run_until(start + std::chrono::seconds(10));
    const SentCounts counts = pair.run_until(start + std::chrono::seconds(10 + seconds));
    REQUIRE(pair.caller().sink().reception().lost() == 0);
    REQUIRE(pair.callee().sink().reception().lost() == 0);
    return counts;
}

}  // namespace

TEST_CASE("a thousand calls send 100000 RTP packets/s and 400 RTCP packets/s",
          "[engine][rtp][rtcp]") {
    constexpr std::int64_t seconds = 180;
    SentCounts sum;
    for (int call = 0; call < calls_number; ++call) {
        const SentCounts counts = observed_call(call, seconds);
        REQUIRE(counts.rtp == 2 * 50 * seconds);
        sum.rtp += counts.rtp;
        sum.rtp_octets += counts.rtp_octets;
        sum.rtcp += counts.rtcp;
        sum.rtcp_octets += counts.rtcp_octets;
    }
    CHECK(sum.rtp == 100000 * seconds);
    CHECK(sum.rtp_octets == sum.rtp * 172);
    const double rtcp_per_s = static_cast<double>(sum.rtcp) / seconds;
    CHECK(rtcp_per_s == Approx(400).epsilon(0.02));
    // Sender report, one block, CNAME of 20: RFC 3550, 6.4.1 and 6.5
    CHECK(sum.rtcp_octets == sum.rtcp * 84);

    // The RFC's own interval by the planner's formula, and the talk's 5 % of the packets
    busyhour::RtcpSession model;
    model.session_bits_per_s = 160000;
    CHECK(rtcp_per_s == Approx(calls_number * busyhour::packets_per_s(model)).epsilon(0.02));
    const double rtp_per_s = static_cast<double>(sum.rtp) / seconds;
    CHECK(rtp_per_s + calls_number * busyhour::packets_per_s(model) == Approx(100400));
    CHECK(rtp_per_s + busyhour::share_rule_packets_per_s(rtp_per_s) == Approx(105000));
}

}  // namespace busyhour::engine::rtp
