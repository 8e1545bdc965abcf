#include "busyhour/model/extended_erlang_b.h"

#include "busyhour/error.h"
#include "busyhour/model/erlang.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace busyhour {
namespace {

/// First attempts that make `offered_erlang`, and how they grow with it.
/// Source: handbook-teletraffic, extended Erlang B and the derivative of Erlang B.
struct FirstAttempts {
    double erlang;
    double slope_factor;
};

FirstAttempts first_attempts(double offered_erlang, double servers_number, double retry_fraction) {
    const double blocking = erlang_b_probability(offered_erlang, servers_number);
    const double growth = blocking * (servers_number - offered_erlang * (1 - blocking));  // A dB/dA
    return {offered_erlang * (1 - retry_fraction * blocking),
            1 - retry_fraction * (blocking + growth)};
}

/// The first attempts never fall as the offered traffic grows, so Newton's steps are kept inside a
/// bracket that always holds the one root.
double search_offered_erlang(const RetryTraffic& traffic, double servers_number, double high) {
    double low = traffic.first_offered_erlang;
    double now = low;
    for (int i = 0; i < 200; ++i) {
        const FirstAttempts found = first_attempts(now, servers_number, traffic.retry_fraction);
        const double gap = traffic.first_offered_erlang - found.erlang;
        (gap >= 0 ? low : high) = now;
        if (high - low <= 2 * std::numeric_limits<double>::epsilon() * high) break;
        const double next = now + gap / found.slope_factor;
        if (std::abs(next - now) <= std::numeric_limits<double>::epsilon() * now) break;
        now = next > low && next < high ? next : low + (high - low) / 2;
    }
    return now;
}

}  // namespace

std::optional<RetryLoad> extended_erlang_b(const RetryTraffic& traffic, double servers_number) {
    const double r = traffic.retry_fraction;
    if (!(r >= 0 && r <= 1)) {
        throw InputError("retry_fraction", "must be 0 to 1", "0.5 repeats half of the blocked");
    }
    const double first = traffic.first_offered_erlang;
    erlang_b_probability(first, servers_number);  // refuses what is out of range
    if (first == 0) {
        const double blocking = erlang_b_probability(0, servers_number);
        return RetryLoad{0, blocking, blocking};
    }
    if (r == 1 && first >= servers_number) return std::nullopt;
    const double high = r < 1 ? std::min(first / (1 - r), largest_erlang) : largest_erlang;
    if (high == largest_erlang && first_attempts(high, servers_number, r).erlang < first) {
        return std::nullopt;
    }
    const double offered = search_offered_erlang(traffic, servers_number, high);
    const double blocking = erlang_b_probability(offered, servers_number);
    return RetryLoad{offered, blocking, offered * blocking * (1 - r) / first};
}

}  // namespace busyhour
