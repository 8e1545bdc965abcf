// Draws of a Monte Carlo run of examples/enterprise-100k.json, on one core.
#include "busyhour/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

int main(int argc, char** argv) {
    const std::string file = std::string(BUSYHOUR_SOURCE_DIR) + "/examples/" +
                             (argc > 1 ? argv[1] : "enterprise-uncertain.json");
    std::ifstream in(file);
    std::ostringstream read;
    read << in.rdbuf();
    const std::string text = read.str();
    const busyhour::PlanInput input = busyhour::read_deployment(text, file);
    const busyhour::Plan plan = busyhour::make_plan(input);
    const int draws = argc > 2 ? std::stoi(argv[2]) : 100000;
    for (int run = 0; run < 3; ++run) {
        const auto begin = std::chrono::steady_clock::now();
        const auto result = busyhour::draw_plan(input, plan, {.draws_number = draws});
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
        fmt::print("{} draws, {} inputs, {} bands: {:.2f} s, {:.1f} us a draw\n", draws,
                   result.inputs.size(), result.bands.size(), time.count(),
                   time.count() / draws * 1e6);
    }
}
