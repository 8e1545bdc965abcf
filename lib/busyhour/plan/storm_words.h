// internal: not installed
#pragma once

#include "busyhour/model/refresh.h"
#include "busyhour/model/storm.h"

#include <string>
#include <string_view>

namespace busyhour {

/// How a storm ended: "all registered", "no capacity", "horizon reached".
std::string_view end_word(StormEnd end);

/// The same with the endpoints that are missing.
std::string end_words(const Storm& storm, const StormOutcome& outcome);

/// What a collapse is, and what helps.
std::string collapse_words(const Storm& storm);

/// What becomes of the refreshes after a storm.
std::string refresh_words(const RefreshWaves& waves, const RefreshTimes& times);

/// 12345.6 to "12,346".
std::string grouped_words(double number);

/// 12345.6 to "12,346/s", 27.777 to "27.78/s".
std::string rate_words(double rate_per_s);

}  // namespace busyhour
