#include "busyhour/catalog/calibration.h"
#include "busyhour/catalog/catalog.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

using busyhour::Calibration;
using busyhour::CostRow;
using busyhour::Resource;

namespace {

Calibration calibration_of(const std::string& name) {
    const std::string path =
        std::string(BUSYHOUR_SOURCE_DIR) + "/data/measurements/" + name + ".jsonl";
    std::ostringstream all;
    all << std::ifstream(path).rdbuf();
    const std::string text = all.str();
    REQUIRE_FALSE(text.empty());
    return busyhour::calibrate(busyhour::read_measurements(text, name + ".jsonl"));
}

}  // namespace

TEST_CASE("shipped models are what their measurements say", "[catalog][calibration][golden]") {
    const std::string name = GENERATE("reference", "kamailio-5.6.3", "rtpengine-10.5.3");
    CAPTURE(name);
    const Calibration calibration = calibration_of(name);
    const busyhour::Catalog catalog = busyhour::load_catalog();
    const busyhour::ServerModel& server = catalog.servers.at(name);
    CHECK(server.status == "measured");
    CHECK(server.host == "calibration-vm");
    CHECK(server.date == calibration.date);
    // The band may be wider: --verify widens it to the worst prediction.
    CHECK(server.cost.band_high_factor >= 0.999 * calibration.band_factor);
    for (const busyhour::CostCoefficient& found : calibration.fit.coefficients) {
        CAPTURE(name_of(found.driver));
        const auto row =
            std::find_if(server.rows.begin(), server.rows.end(), [&found](const CostRow& one) {
                return one.driver == found.driver && one.resource == Resource::cpu_cores;
            });
        REQUIRE(row != server.rows.end());
        CHECK(row->cost_number == Approx(found.cost_s).epsilon(1e-3).margin(1e-12));
        CHECK(row->wakeup_number == Approx(found.wakeup_s).epsilon(1e-3).margin(1e-12));
    }
    for (const busyhour::MemoryCost& found : calibration.memory) {
        const auto& memory = server.cost.cost[index_of(Resource::memory_bytes)];
        CHECK(memory[found.driver] == Approx(found.law.object_bytes).epsilon(1e-3).margin(1e-9));
    }
}
