#pragma once

#include "busyhour/error.h"
#include "engine/clock.h"

#include <string>
#include <vector>

namespace busyhour::cli {

using Problems = std::vector<Problem>;

/// "0,2-3": the processors 0, 2 and 3; what is none is a problem of `option`.
std::vector<int> parse_cpus(const char* option, const std::string& text, Problems& problems);

/// The index of `choice` among `choices`; 0 with a problem where it is none of them.
std::size_t chosen(const char* option, const std::string& choice,
                   const std::vector<std::string>& choices, Problems& problems);

/// A problem of `option` where `value` is not from `min` to `max`. For int, std::size_t,
/// std::int64_t and double.
template <typename Number>
void check_range(const char* option, Number value, Number min, Number max, Problems& problems);

engine::Duration duration_of(double duration_s);

}  // namespace busyhour::cli
