#pragma once

#include "busyhour/plan/explain.h"
#include "busyhour/report/table.h"

#include <string>
#include <vector>

namespace busyhour {

/// An explanation told to people, `depth` levels of operands deep; of many terms the largest.
Report to_report(const Explained& explained, int depth);

/// An explanation as rows of level, name, value, formula and origin, for spreadsheets.
Table to_rows(const Explained& explained, int depth);

/// An explanation as JSON, operands inside operands.
std::string to_json(const Explained& explained, int depth);

/// The numbers that can be explained, as a report, rows and JSON.
Report to_report(const std::vector<ReportNumber>& numbers);
Table to_rows(const std::vector<ReportNumber>& numbers);
std::string to_json(const std::vector<ReportNumber>& numbers);

}  // namespace busyhour
