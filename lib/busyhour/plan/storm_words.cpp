#include "busyhour/plan/storm_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace busyhour {

std::string grouped_words(double number) {
    std::string digits = fmt::format("{:.0f}", number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (digits[0] == '-' ? 1 : 0);
         at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

std::string_view end_word(StormEnd end) {
    if (end == StormEnd::recovered) return "all registered";
    return end == StormEnd::no_capacity ? "no capacity" : "horizon reached";
}

std::string end_words(const Storm& storm, const StormOutcome& outcome) {
    if (outcome.end == StormEnd::recovered) return "all are registered";
    if (outcome.end == StormEnd::no_capacity) return "the server has no capacity";
    const StormSecond last = outcome.seconds.empty() ? StormSecond{} : outcome.seconds.back();
    return fmt::format(
        "not all within the horizon of {:g} s: {} wait for an answer, {} back off, {} have not"
        " returned",
        storm.horizon_s, grouped_words(last.waiting_number), grouped_words(last.backing_off_number),
        grouped_words(std::max(0.0, total_endpoints_number(storm) - last.arrived_number)));
}

std::string collapse_words(const Storm& storm) {
    return fmt::format(
        "Congestion collapse: for {:g} s the server is busy and more than half of its work answers"
        " nobody in time. Shorter buffers, early rejection (--shed) or more capacity prevent it.",
        transaction_timeout_s(storm.timers));
}

std::string rate_words(double rate_per_s) {
    return rate_per_s < 1000 ? fmt::format("{:.4g}/s", rate_per_s)
                             : grouped_words(rate_per_s) + "/s";
}

std::string refresh_words(const RefreshWaves& waves, const RefreshTimes& times) {
    const double refresh_s = times.expires_s * times.refresh_fraction;
    std::string text = fmt::format(
        "After the storm the refreshes come in a wave {:g} s later: {} at its peak, {:.1f}"
        " times the mean of {}",
        refresh_s, rate_words(waves.peak_per_s), waves.peak_to_mean_factor,
        rate_words(waves.mean_per_s));
    if (waves.waves_until_flat) {
        return text + fmt::format("; wave {} is flat (within a tenth of the mean).",
                                  *waves.waves_until_flat);
    }
    if (times.expires_range_fraction <= 0) {
        return text +
               ", and so at each refresh: without a range of the expiry (Kamailio:"
               " expires_range) it stays.";
    }
    return text + fmt::format("; after {} waves it is {:.1f} times the mean.",
                              waves.peaks_per_s.size(),
                              waves.peaks_per_s.back() / waves.mean_per_s);
}

}  // namespace busyhour
