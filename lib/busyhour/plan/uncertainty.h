#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace busyhour {

struct Plan;
struct PlanInput;

/// How the draws are made.
struct DrawOptions {
    int draws_number = 10000;        ///< 1,000 to 10,000,000
    std::uint64_t seed = 1;          ///< the same seed gives the same draws
    double interval_fraction = 0.9;  ///< part of the draws that a band holds
};

/// What is uncertain: an input of the deployment, or how far a server model may be off.
struct UncertainInput {
    std::string path;  ///< JSON Pointer into the deployment, or "/models/servers/NAME/band"
    double low_number = 0;
    double likely_number = 0;
    double high_number = 0;
};

/// How a number of the report spreads.
struct Band {
    std::string path;  ///< JSON Pointer into the report
    double low_number = 0;
    double median_number = 0;
    double high_number = 0;
};

/// How likely a limit is exceeded in each year, with the start year's nodes.
struct Risk {
    std::string kind;  ///< "role", "link", ..., or "any" for at least one of them
    std::string name;
    std::string resource;
    std::vector<double> probabilities;  ///< by year
};

/// What one input does alone, from its low to its high value, the others likely.
struct Swing {
    std::string path;
    double fill_low_fraction = 0;  ///< of the fullest limit in the last year, the input low
    double fill_high_fraction = 0;
    int nodes_low = 0;  ///< of all roles in the last year
    int nodes_high = 0;
};

/// A plan's bands, risks and most telling inputs.
struct Uncertainty {
    DrawOptions options;
    std::vector<UncertainInput> inputs;
    std::vector<Band> bands;
    std::vector<Risk> risks;
    std::vector<Swing> swings;  ///< widest first
};

/// What is uncertain in a deployment and in the models that it uses.
std::vector<UncertainInput> uncertain_inputs(const PlanInput& input);

/// The bands of a plan: every input drawn from its triangular distribution, independent of the
/// others. The result depends on the plan and the options alone. Peaks are Poisson quantiles to
/// within 1; recovery from a registration storm is not drawn.
///
/// Throws InputError for options out of range. Sources: philox, triangular.
Uncertainty draw_plan(const PlanInput& input, const Plan& plan, const DrawOptions& options);

}  // namespace busyhour
