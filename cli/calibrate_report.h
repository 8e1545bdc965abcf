#pragma once

#include "busyhour/catalog/calibration.h"
#include "cli/output.h"

#include <optional>
#include <string>
#include <vector>

namespace busyhour::cli {

/// All that `busyhour calibrate` has to tell.
struct CalibrationReport {
    std::vector<Measurement> runs;
    std::optional<Calibration> calibration;  ///< nothing: the runs cannot be fitted
    std::vector<Prediction> predictions;
    std::vector<std::string> doubts;
    std::string measured_on;  ///< the host in words
    Json model;               ///< null where there is none
    std::optional<std::string> void_reason;
};

/// How often the capacity over UDP that over another connection kind is, of REGISTER refreshes.
struct TransportFactor {
    std::string experiment;
    std::optional<double> measured_factor;  ///< of the capacities found
    std::optional<double> fitted_factor;    ///< of the fitted costs
};
std::vector<TransportFactor> transport_factors(const CalibrationReport& report);

Renderings render_calibration(const CalibrationReport& report);

}  // namespace busyhour::cli
