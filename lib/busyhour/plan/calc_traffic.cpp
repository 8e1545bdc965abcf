#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/model/erlang.h"
#include "busyhour/model/growth.h"
#include "busyhour/plan/calculator.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace busyhour::calc {
namespace {

std::vector<YearValue> history_of(const std::string& text) {
    std::vector<YearValue> history;
    std::vector<Problem> problems;
    for (const std::string& part : split(text, ',')) {
        YearValue point;
        const char* end = part.data() + part.size();
        const auto [at, year_error] = std::from_chars(part.data(), end, point.year);
        bool is_right = year_error == std::errc{} && at != end && *at == '=';
        if (is_right) {
            const auto [stop, value_error] = std::from_chars(at + 1, end, point.value_number);
            is_right =
                value_error == std::errc{} && stop == end && std::isfinite(point.value_number);
        }
        if (!is_right) {
            problems.push_back({"/history", "\"" + part.substr(0, 40) + "\" is no YEAR=VALUE",
                                "write 2021=61000,2022=70000,2023=80500"});
        }
        history.push_back(point);
    }
    if (!problems.empty()) throw InputError(problems);
    return history;
}

}  // namespace

Answer erlang_b(const Json& options, const Catalog& /*catalog*/) {
    const auto offered = number_if(options, "offered_erlang");
    const auto channels = number_if(options, "channels");
    const auto blocking = number_if(options, "blocking_probability");
    const int given = (offered ? 1 : 0) + (channels ? 1 : 0) + (blocking ? 1 : 0);
    if (given != 2) {
        throw InputError("/offered_erlang",
                         fmt::format("erlang-b needs two of its three quantities, has {}", given),
                         "give two of offered_erlang, channels, blocking_probability");
    }
    if (number_if(options, "retry_fraction")) return erlang_b_with_retries(options);
    Answer answer;
    const double found_offered = offered ? *offered : offered_erlang_for(*channels, *blocking);
    const double found_channels =
        channels ? *channels : static_cast<double>(std::max(1, servers_for(*offered, *blocking)));
    const double found_blocking = erlang_b_probability(found_offered, found_channels);
    set(answer, "offered_erlang", found_offered);
    set(answer, "channels", found_channels);
    set(answer, "blocking_probability",
        blocking && !channels ? found_blocking
        : blocking            ? *blocking
                              : found_blocking);
    set(answer, "carried_erlang", found_offered * (1 - found_blocking));
    if (blocking && !channels) {
        answer.notes.push_back(
            fmt::format("channels: the least whole number that blocks at most {:g}; "
                        "blocking_probability is what"
                        " they really block.",
                        *blocking));
    }
    return answer;
}

Answer growth(const Json& options, const Catalog& /*catalog*/) {
    const std::vector<YearValue> history = history_of(text_at(options, "history"));
    const auto years = static_cast<int>(number_at(options, "years"));
    const double interval = number_at(options, "interval_fraction");
    const GrowthFit fit = fit_growth(history);
    const std::vector<Forecast> ahead = forecast(history, years, interval);
    Json::Array rows;
    for (const Forecast& each : ahead) {
        rows.push_back(Json{Json::Object{{"year", Json{static_cast<double>(each.year)}},
                                         {"value", Json{each.value_number}},
                                         {"low", Json{each.low_number}},
                                         {"high", Json{each.high_number}},
                                         {"envelope_low", Json{each.envelope_low_number}},
                                         {"envelope_high", Json{each.envelope_high_number}}}});
    }
    Answer answer;
    set(answer, "rate_per_year", growth_per_year_fraction(fit));
    set_text(answer, "label", std::string(growth_label(history.size())));
    set(answer, "points", fit.points);
    set(answer, "residual_error", fit.residual_error_number);
    set(answer, "interval_fraction", interval);
    put(answer.values, "interval_too_wide", Json{interval_too_wide(ahead.back())});
    put(answer.values, "forecast", Json{std::move(rows)});
    answer.notes = {
        "value: median of the log-linear regression; low and high: its prediction"
        " interval; envelope: what compound growth from first to last, a straight line"
        " and a damped trend say instead."};
    return answer;
}

}  // namespace busyhour::calc
