#include "busyhour/plan/uncertainty.h"

#include "busyhour/error.h"
#include "busyhour/model/random.h"
#include "busyhour/plan/drawn_plan.h"
#include "busyhour/plan/plan.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

namespace busyhour {
namespace {

constexpr std::string_view fit_path = "/growth/fit";
constexpr std::string_view band_prefix = "/models/servers/";
constexpr std::string_view band_suffix = "/band";

/// Gives one input of the plan a value.
void set_input(const UncertainInput& input, double value, DrawnPlan& drawn) {
    if (input.path == fit_path) {
        drawn.growth_position() = value;
    } else if (input.path.starts_with(band_prefix)) {
        const std::size_t length = input.path.size() - band_prefix.size() - band_suffix.size();
        drawn.set_cost_factor(input.path.substr(band_prefix.size(), length), value);
    } else if (double* number = number_in(drawn.deployment(), input.path)) {
        *number = value;
    }
}

void set_all_likely(const std::vector<UncertainInput>& inputs, DrawnPlan& drawn) {
    for (const UncertainInput& input : inputs) set_input(input, input.likely_number, drawn);
}

/// Draws one number for each input, by the draw's and the input's place alone.
void draw_inputs(const std::vector<UncertainInput>& inputs, std::uint64_t seed, std::uint64_t draw,
                 DrawnPlan& drawn) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const double fraction = uniform_fraction({seed, draw, static_cast<std::uint32_t>(i)});
        const Triangle triangle{inputs[i].low_number, inputs[i].likely_number,
                                inputs[i].high_number};
        set_input(inputs[i], triangular_quantile(triangle, fraction), drawn);
    }
}

/// How often a result fell where, fine enough that a quantile is known to 1/1024 of the range.
class Histogram {
public:
    /// `low` and `high` are of a first sample; whole numbers get buckets of whole width.
    Histogram(double low_number, double high_number, bool is_count) {
        const double margin_number = (high_number - low_number) / 2;
        low_number_ = low_number - margin_number;
        width_number_ = (high_number - low_number + 2 * margin_number) / buckets;
        if (is_count) {
            low_number_ = std::floor(low_number_);
            width_number_ = std::max(1.0, std::ceil(width_number_));
            offset_number_ = 0;
        }
        if (!(width_number_ > 0)) width_number_ = 1;  // all the same: one bucket, no width
        is_constant_ = !is_count && !(high_number > low_number);
        if (is_constant_) low_number_ = low_number;
        counts_.resize(buckets + 2);
    }

    void add(double value_number) {
        ++all_;
        if (is_constant_) {
            if (value_number == low_number_) return;
            is_constant_ = false;  // the first sample was not telling
            counts_[1] = static_cast<std::uint32_t>(all_ - 1);
            least_number_ = most_number_ = low_number_;
        }
        const double at = (value_number - low_number_) / width_number_;
        std::size_t bucket = 0;
        if (at >= buckets) {
            bucket = buckets + 1;
        } else if (at >= 0) {
            bucket = 1 + static_cast<std::size_t>(at);
        }
        ++counts_[bucket];
        least_number_ = std::min(least_number_, value_number);
        most_number_ = std::max(most_number_, value_number);
    }

    [[nodiscard]] double quantile(double fraction) const {
        if (is_constant_) return low_number_;
        const double wanted = fraction * static_cast<double>(all_);
        double sum = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
            const auto count = static_cast<double>(counts_[bucket]);
            if (count > 0 && sum + count >= wanted) return inside(bucket, (wanted - sum) / count);
            sum += count;
        }
        return most_number_;
    }

private:
    static constexpr std::size_t buckets = 1024;

    [[nodiscard]] double inside(std::size_t bucket, double part) const {
        if (bucket == 0) return least_number_;
        if (bucket == buckets + 1) return most_number_;
        const double first = low_number_ + static_cast<double>(bucket - 1) * width_number_;
        const double value = offset_number_ == 0 ? first : first + part * width_number_;
        return std::clamp(value, least_number_, most_number_);
    }

    double low_number_ = 0;
    double width_number_ = 1;
    double offset_number_ = 1;
    bool is_constant_ = false;
    double least_number_ = HUGE_VAL;
    double most_number_ = -HUGE_VAL;
    std::uint64_t all_ = 0;
    std::vector<std::uint32_t> counts_;
};

void check(const DrawOptions& options) {
    std::vector<Problem> problems;
    constexpr int draws_min = 1000;
    constexpr int draws_max = 10000000;
    if (options.draws_number < draws_min || options.draws_number > draws_max) {
        problems.push_back({"draws", "must be 1,000 to 10,000,000",
                            "10,000 draws give a 90 % band to about 1 % of its width"});
    }
    if (!(options.interval_fraction > 0 && options.interval_fraction < 1)) {
        problems.push_back({"interval_fraction", "must be more than 0 and less than 1", {}});
    }
    if (!problems.empty()) throw InputError(problems);
}

/// Counts of draws in which each limit, and any limit, is exceeded: by year.
class RiskCount {
public:
    RiskCount(const std::vector<Risk>& limits, std::size_t years)
        : limits_(limits), years_(years), exceeded_(years * (limits.size() + 1)) {}

    void add(const std::vector<double>& fills) {
        constexpr double rounding = 1e-9;
        const std::size_t width = limits_.size();
        for (std::size_t year = 0; year < years_; ++year) {
            bool is_any = false;
            for (std::size_t i = 0; i < width; ++i) {
                if (fills[year * width + i] <= 1 + rounding) continue;
                ++exceeded_[year * (width + 1) + i];
                is_any = true;
            }
            if (is_any) ++exceeded_[year * (width + 1) + width];
        }
    }

    /// The risks that are any, the one of all limits first.
    [[nodiscard]] std::vector<Risk> risks(double draws_number) const {
        std::vector<Risk> risks{{.kind = "any", .name = {}, .resource = {}, .probabilities = {}}};
        risks.insert(risks.end(), limits_.begin(), limits_.end());
        for (std::size_t i = 0; i < risks.size(); ++i) {
            const std::size_t at = i == 0 ? limits_.size() : i - 1;
            for (std::size_t year = 0; year < years_; ++year) {
                const auto count = static_cast<double>(exceeded_[year * (limits_.size() + 1) + at]);
                risks[i].probabilities.push_back(count / draws_number);
            }
        }
        std::erase_if(risks, [](const Risk& risk) {
            return risk.kind != "any" &&
                   std::all_of(risk.probabilities.begin(), risk.probabilities.end(),
                               [](double probability) { return probability == 0; });
        });
        return risks;
    }

private:
    const std::vector<Risk>& limits_;
    std::size_t years_;
    std::vector<std::uint32_t> exceeded_;
};

double last_fill_fraction(const DrawnPlan& drawn) {
    const std::vector<double>& fills = drawn.fills();
    const auto width = static_cast<std::ptrdiff_t>(drawn.limits().size());
    return *std::max_element(fills.end() - width, fills.end());
}

std::vector<Swing> swings_of(const std::vector<UncertainInput>& inputs, DrawnPlan& drawn) {
    std::vector<Swing> swings;
    for (const UncertainInput& input : inputs) {
        Swing swing{.path = input.path};
        set_all_likely(inputs, drawn);
        set_input(input, input.low_number, drawn);
        drawn.draw();
        swing.fill_low_fraction = last_fill_fraction(drawn);
        swing.nodes_low = drawn.last_nodes_number();
        set_input(input, input.high_number, drawn);
        drawn.draw();
        swing.fill_high_fraction = last_fill_fraction(drawn);
        swing.nodes_high = drawn.last_nodes_number();
        swings.push_back(std::move(swing));
    }
    std::stable_sort(swings.begin(), swings.end(), [](const Swing& a, const Swing& b) {
        const auto width = [](const Swing& swing) {
            return std::abs(swing.fill_high_fraction - swing.fill_low_fraction);
        };
        return width(a) > width(b);
    });
    return swings;
}

}  // namespace

std::vector<UncertainInput> uncertain_inputs(const PlanInput& input) {
    std::vector<UncertainInput> inputs;
    for (const NumberRange& range : input.deployment.ranges) {
        inputs.push_back({range.path, range.low_number, range.likely_number, range.high_number});
    }
    if (input.deployment.growth.model == GrowthModel::fit) {
        inputs.push_back({std::string(fit_path), -1, 0, 1});
    }
    std::set<std::string> servers;
    for (const RoleKind kind : roles_of(input.deployment)) {
        servers.insert(input.deployment.roles.at(index_of(kind)).server);
    }
    for (const std::string& name : servers) {
        const CostModel& cost = server_named(input.catalog, name, "servers").cost;
        if (cost.band_low_factor >= cost.band_high_factor) continue;
        inputs.push_back({std::string(band_prefix) + name + std::string(band_suffix),
                          cost.band_low_factor, 1, cost.band_high_factor});
    }
    return inputs;
}

Uncertainty draw_plan(const PlanInput& input, const Plan& plan, const DrawOptions& options) {
    check(options);
    Uncertainty result{.options = options,
                       .inputs = uncertain_inputs(input),
                       .bands = {},
                       .risks = {},
                       .swings = {}};
    DrawnPlan drawn(input, plan);
    const std::size_t width = drawn.names().size();

    // The first draws say how wide the histograms must be.
    constexpr std::uint64_t pilot_draws = 1000;
    std::vector<double> low(width, HUGE_VAL);
    std::vector<double> high(width, -HUGE_VAL);
    for (std::uint64_t draw = 0; draw < pilot_draws; ++draw) {
        draw_inputs(result.inputs, options.seed, draw, drawn);
        drawn.draw();
        for (std::size_t i = 0; i < width; ++i) {
            low[i] = std::min(low[i], drawn.results()[i]);
            high[i] = std::max(high[i], drawn.results()[i]);
        }
    }
    std::vector<Histogram> histograms;
    for (std::size_t i = 0; i < width; ++i) {
        histograms.emplace_back(low[i], high[i], drawn.names()[i].is_count);
    }
    RiskCount risk_count(drawn.limits(), plan.years.size());
    for (int draw = 0; draw < options.draws_number; ++draw) {
        draw_inputs(result.inputs, options.seed, static_cast<std::uint64_t>(draw), drawn);
        drawn.draw();
        for (std::size_t i = 0; i < width; ++i) histograms[i].add(drawn.results()[i]);
        risk_count.add(drawn.fills());
    }
    const double tail_fraction = (1 - options.interval_fraction) / 2;
    constexpr double half = 0.5;
    for (std::size_t i = 0; i < width; ++i) {
        result.bands.push_back({.path = drawn.names()[i].path,
                                .low_number = histograms[i].quantile(tail_fraction),
                                .median_number = histograms[i].quantile(half),
                                .high_number = histograms[i].quantile(1 - tail_fraction)});
    }
    result.risks = risk_count.risks(options.draws_number);
    result.swings = swings_of(result.inputs, drawn);
    return result;
}

}  // namespace busyhour
