#pragma once

#include "busyhour/catalog/json.h"
#include "busyhour/report/table.h"
#include "engine/load/histogram.h"

#include <cstdint>
#include <string>

namespace busyhour::cli {

// Parts that the results of all load flows have.

Json json_number(double value);
Json json_number(std::uint64_t value);

/// Null where there is no whole.
Json json_fraction(std::uint64_t part, std::uint64_t whole);

/// Quantiles in seconds; null where nothing was measured.
Json json_quantiles(const engine::load::Histogram& histogram);

/// The path of each number below a value: "latency_s.p50".
void add_value_rows(const Json& value, const std::string& path, bool is_for_people, Table& table);

/// "1.25 ms", or "n/a".
std::string milliseconds_words(const Json* value);

/// A table of quantiles without rows.
Table quantile_table();

/// Adds a row where there are quantiles.
void add_quantile_row(const std::string& name, const Json* quantiles, Table& table);

}  // namespace busyhour::cli
