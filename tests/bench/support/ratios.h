#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace bench {

struct Spread {
    double least = 0;
    double median = 0;
    double most = 0;
};

inline Spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    return {values.front(), values[values.size() / 2], values.back()};
}

inline std::vector<double> ratios(const std::vector<double>& above,
                                  const std::vector<double>& below) {
    std::vector<double> result;
    for (std::size_t row = 0; row < std::min(above.size(), below.size()); ++row) {
        result.push_back(below[row] > 0 ? above[row] / below[row] : 0);
    }
    return result;
}

inline void print_ratio(const std::string& name, const std::vector<double>& values, double target,
                        bool at_most = false) {
    const Spread spread = spread_of(values);
    const bool is_met = at_most ? spread.median <= target : spread.median >= target;
    fmt::print("  {:50} {:6.2f} ({:.2f} .. {:.2f})  target {} {:.2f}  {}\n", name, spread.median,
               spread.least, spread.most, at_most ? "<=" : ">=", target,
               is_met ? "met" : "NOT MET");
    std::fflush(stdout);
}

}  // namespace bench
