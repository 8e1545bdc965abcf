#include "cli/server_options.h"

#include "busyhour/catalog/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace busyhour::cli {
namespace {

/// A number or "FIRST-LAST" at the front of `text`, which loses it; nothing where there is none.
std::optional<std::pair<int, int>> take_cpus(std::string_view& text) {
    constexpr int cpu_max = 1023;
    const auto take = [&text] {
        int cpu = -1;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return error == std::errc{} ? cpu : -1;
    };
    const int first = take();
    int last = first;
    if (text.starts_with('-')) {
        text.remove_prefix(1);
        last = take();
    }
    if (first < 0 || last < first || last > cpu_max) return std::nullopt;
    return std::pair(first, last);
}

}  // namespace

std::vector<int> parse_cpus(const char* option, const std::string& text, Problems& problems) {
    std::vector<int> cpus;
    std::string_view rest = text;
    bool is_good = true;
    while (is_good && !rest.empty()) {
        const auto range = take_cpus(rest);
        is_good = range && (rest.empty() || (rest.starts_with(',') && rest.size() > 1));
        if (!is_good) break;
        for (int cpu = range->first; cpu <= range->second; ++cpu) cpus.push_back(cpu);
        if (!rest.empty()) rest.remove_prefix(1);
    }
    if (!is_good) {
        problems.push_back({option, "no list of processors \"" + text + "\"", "e.g. 0 or 0,2-3"});
    }
    return cpus;
}

std::size_t chosen(const char* option, const std::string& choice,
                   const std::vector<std::string>& choices, Problems& problems) {
    const auto found = std::find(choices.begin(), choices.end(), choice);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    problems.push_back({option, "no choice \"" + choice + "\"", suggestion(choice, choices)});
    return 0;
}

template <typename Number>
void check_range(const char* option, Number value, Number min, Number max, Problems& problems) {
    if (value >= min && value <= max) return;
    problems.push_back(
        {option, fmt::format("{} is out of range", value), fmt::format("from {} to {}", min, max)});
}
template void check_range(const char*, int, int, int, Problems&);
template void check_range(const char*, std::size_t, std::size_t, std::size_t, Problems&);
template void check_range(const char*, std::int64_t, std::int64_t, std::int64_t, Problems&);
template void check_range(const char*, double, double, double, Problems&);

engine::Duration duration_of(double duration_s) {
    return std::chrono::round<engine::Duration>(std::chrono::duration<double>(duration_s));
}

}  // namespace busyhour::cli
