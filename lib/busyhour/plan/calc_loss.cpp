#include "busyhour/catalog/fields.h"
#include "busyhour/error.h"
#include "busyhour/model/engset.h"
#include "busyhour/model/erlang.h"
#include "busyhour/model/extended_erlang_b.h"
#include "busyhour/model/poisson.h"
#include "busyhour/plan/calculator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace busyhour::calc {
namespace {

/// Attempts or channels that one trunk takes, to trunks; nothing where that is not known.
std::optional<double> trunks_for(double needed_number, std::optional<double> each_number) {
    if (!each_number) return std::nullopt;
    return std::ceil(needed_number / *each_number);
}

std::string binding_limit(double for_channels, double for_attempts) {
    if (for_channels == for_attempts) return "both";
    return for_channels > for_attempts ? "channels" : "call_attempts";
}

void set_trunks(Answer& answer, const Json& options, double channels, double attempts_peak_per_s) {
    const auto for_channels = trunks_for(channels, number_if(options, "channels_max"));
    const auto for_attempts =
        trunks_for(attempts_peak_per_s, number_if(options, "call_attempts_per_s_max"));
    if (for_channels) set(answer, "trunks_for_channels", *for_channels);
    if (for_attempts) set(answer, "trunks_for_call_attempts", *for_attempts);
    if (!for_channels && !for_attempts) {
        answer.notes.emplace_back(
            "trunks: unknown; channels_max and call_attempts_per_s_max say what one trunk takes.");
        return;
    }
    set(answer, "trunks", std::max(for_channels.value_or(0), for_attempts.value_or(0)));
    if (for_channels && for_attempts) {
        set_text(answer, "binds", binding_limit(*for_channels, *for_attempts));
    }
}

}  // namespace

Answer erlang_b_with_retries(const Json& options) {
    const auto offered = number_if(options, "offered_erlang");
    const auto channels = number_if(options, "channels");
    const double blocking = number_at(options, "blocking_probability");
    const double retry = number_at(options, "retry_fraction");
    const double found_channels =
        channels ? *channels
                 : static_cast<double>(
                       std::max(1, servers_for(*offered / (1 - blocking * retry), blocking)));
    const double first_erlang =
        offered ? *offered : offered_erlang_for(*channels, blocking) * (1 - blocking * retry);
    const auto load = extended_erlang_b(
        {.first_offered_erlang = first_erlang, .retry_fraction = retry}, found_channels);
    if (!load) {
        throw InputError("/retry_fraction",
                         fmt::format("no load is in balance: {:g} erlangs that are repeated for"
                                     " ever do not fit {:g} channels",
                                     first_erlang, found_channels),
                         "fewer repeat, or there are more channels");
    }
    Answer answer;
    set(answer, "offered_erlang", first_erlang);
    set(answer, "offered_with_retries_erlang", load->offered_erlang);
    set(answer, "channels", found_channels);
    set(answer, "blocking_probability", load->blocking_probability);
    set(answer, "lost_probability", load->lost_probability);
    set(answer, "retry_fraction", retry);
    set(answer, "carried_erlang", load->offered_erlang * (1 - load->blocking_probability));
    answer.notes = {
        "offered_erlang: first attempts; blocking_probability: of any attempt;"
        " lost_probability: of a caller, who gives up in the end."};
    return answer;
}

Answer engset(const Json& options, const Catalog& /*catalog*/) {
    SourceGroup group{.sources = static_cast<int>(number_at(options, "sources")),
                      .idle_source_erlang = number_at(options, "offered_erlang_per_source"),
                      .channels = static_cast<int>(number_at(options, "channels"))};
    const auto blocking = number_if(options, "blocking_probability");
    if (number_if(options, "channels").has_value() == blocking.has_value()) {
        throw InputError(
            "/channels",
            blocking ? "blocking_probability asks for what channels gives" : "is missing",
            "give one of channels and blocking_probability");
    }
    if (blocking) group.channels = engset_channels_for(group, *blocking);
    const double carried_erlang = engset_carried_erlang(group);
    const double free_erlang =
        group.sources * group.idle_source_erlang / (1 + group.idle_source_erlang);
    Answer answer;
    set(answer, "sources", group.sources);
    set(answer, "offered_erlang_per_source", group.idle_source_erlang);
    set(answer, "channels", group.channels);
    set(answer, "blocking_probability", engset_call_probability(group));
    set(answer, "time_congestion_probability", engset_time_probability(group));
    set(answer, "offered_erlang", group.idle_source_erlang * (group.sources - carried_erlang));
    set(answer, "carried_erlang", carried_erlang);
    set(answer, "erlang_b_blocking_probability", erlang_b_probability(free_erlang, group.channels));
    answer.notes = {
        "offered_erlang_per_source: of an idle source, so a phone that is busy a tenth of the hour"
        " has 0.1 / 0.9.",
        fmt::format("erlang_b_blocking_probability: what sources without number would block of the"
                    " same {:g} erlangs.",
                    free_erlang)};
    if (blocking) {
        answer.notes.push_back(
            fmt::format("channels: the least number that blocks at most {:g}.", *blocking));
    }
    return answer;
}

Answer trunks(const Json& options, const Catalog& /*catalog*/) {
    const double offered = number_at(options, "offered_erlang");
    const double attempts_per_s =
        offered / number_at(options, "holding_time_s") / number_at(options, "answered_fraction");
    if (attempts_per_s > 1e7) {
        throw InputError("/holding_time_s", "makes more than 1e7 call attempts/s",
                         "180 is a common mean");
    }
    const auto peak_per_s = static_cast<double>(
        poisson_quantile(attempts_per_s, number_at(options, "peak_percentile")));
    const int channels = servers_for(offered, number_at(options, "blocking_probability"));
    Answer answer;
    set(answer, "offered_erlang", offered);
    set(answer, "channels", channels);
    set(answer, "blocking_probability", erlang_b_probability(offered, channels));
    set(answer, "call_attempts_per_s", attempts_per_s);
    set(answer, "call_attempts_peak_per_s", peak_per_s);
    set_trunks(answer, options, channels, peak_per_s);
    answer.notes.emplace_back(
        "channels: of all trunks together, used as one group; trunks: the larger of what channels"
        " and what call attempts need.");
    note_assumptions(
        answer, options,
        {"blocking_probability", "holding_time_s", "answered_fraction", "peak_percentile"});
    return answer;
}

}  // namespace busyhour::calc
