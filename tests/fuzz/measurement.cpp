// Measurements from a stranger: a line is read or refused with InputError, what is read survives
// being written, and its fit is one of numbers or is refused. Tables of throughput likewise.

#include "busyhour/catalog/measurement.h"

#include "busyhour/catalog/calibration.h"
#include "busyhour/catalog/throughput.h"
#include "busyhour/error.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

constexpr std::size_t text_max = 16384;

void check(bool holds) {
    if (!holds) std::abort();
}

void fit(const std::vector<busyhour::Measurement>& runs) {
    if (runs.size() > 40) return;
    try {
        const busyhour::Calibration calibration = busyhour::calibrate(runs);
        for (const auto& coefficient : calibration.fit.coefficients) {
            check(!(coefficient.cost_s < 0) && !(coefficient.wakeup_s < 0));
        }
    } catch (const busyhour::InputError&) {
        return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > text_max) return 0;
    const std::string text(data, data + size);
    try {
        const auto runs = busyhour::read_measurements(text, "fuzz.jsonl");
        for (const auto& run : runs) {
            const auto again = busyhour::read_measurements(to_measurement_line(run), "again.jsonl");
            check(again.size() == 1 && again.front().demand.amounts == run.demand.amounts);
        }
        fit(runs);
    } catch (const busyhour::InputError&) {
        // refused, as it may be
    }
    try {
        fit(busyhour::read_throughput(text, "fuzz.csv", {.session = {}, .cores_number = 1}));
    } catch (const busyhour::InputError&) {
        return 0;
    }
    return 0;
}
