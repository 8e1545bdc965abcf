#pragma once

#include "busyhour/plan/plan.h"
#include "busyhour/report/table.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// One side of a comparison: a report, and what went into it where that is known.
struct Compared {
    std::string name;  ///< of the deployment
    Json report;
    std::optional<Json> inputs;  ///< the deployment, complete and in base units
    std::vector<Assumption> assumptions;
};

/// A deployment, its plan and the text it was read from, as one side.
Compared compared_of(const Plan& plan, std::string_view text, const std::string& file);

/// A report's JSON text as one side.
///
/// Throws InputError at each value that the report's schema does not allow.
Compared compared_of_report(std::string_view text, const std::string& file);

/// Whether the text says of itself that it is a report, whatever its version.
bool is_report(std::string_view text, const std::string& file);

/// One thing that is not the same on both sides.
struct Change {
    std::string path;          ///< rows by their year, role, name, ...
    std::optional<Json> a, b;  ///< absent: added, removed
    std::string a_origin;      ///< inputs: "user" or "default"
    std::string b_origin;

    /// b - a where both are numbers.
    [[nodiscard]] std::optional<double> difference_number() const;
    /// The difference as a part of a, where a is not 0.
    [[nodiscard]] std::optional<double> difference_fraction() const;
};

/// What changed, the most telling first: nodes, what binds, demand, the rest.
struct Comparison {
    std::string a_name;
    std::string b_name;
    std::vector<Change> inputs;
    std::vector<Change> results;
    bool has_all_inputs = true;  ///< or only the defaults used: a report carries no others

    [[nodiscard]] bool is_identical() const { return inputs.empty() && results.empty(); }
};

/// What changed from `a` to `b`. Numbers are the same up to `tolerance_fraction` of the larger.
Comparison compare(const Compared& a, const Compared& b, double tolerance_fraction);

/// The comparison told to people, with at most `rows_max` results.
Report to_report(const Comparison& comparison, std::size_t rows_max);

/// The comparison as rows of section, path, change, a, b, difference and percent.
Table to_rows(const Comparison& comparison);

/// The comparison as JSON ("busyhour.comparison/1").
std::string to_json(const Comparison& comparison);

}  // namespace busyhour
