#pragma once

#include "busyhour/catalog/calibration.h"
#include "cli/calibrate_options.h"
#include "cli/calibrate_subject.h"

#include <string>
#include <vector>

namespace busyhour::cli {

/// What a session of measuring found.
struct SessionResult {
    std::vector<Measurement> runs;  ///< of this session, all phases
    bool is_complete = false;       ///< false: the time was up, or it was interrupted
    bool is_interrupted = false;
    std::vector<std::string> doubts;
};

/// Measures one server. Each run is appended to the measurements file before the next one begins.
class CalibrationSession {
public:
    CalibrationSession(const CalibrateOptions& options, MeasuredServer& server);

    /// All experiments. Throws InputError where the server refuses every user.
    SessionResult run();

    /// Predicts, then measures, workloads that were not fitted.
    std::vector<Prediction> verify(const Calibration& calibration, SessionResult& session);

private:
    void probe();
    void resume(std::map<std::string, double>& held_per_s);
    void hold_objects();
    Measurement add(const engine::measure::Slice& slice, std::string_view phase);
    void tell(const std::string& text) const;
    std::vector<Prediction> verify_workload(const engine::measure::Workload& workload,
                                            const Calibration& calibration);
    Prediction verify_cpu(const engine::measure::Workload& workload, double load_per_s,
                          const Calibration& calibration);
    Prediction verify_capacity(const engine::measure::Workload& workload, double expected_per_s,
                               const Calibration& calibration);
    engine::measure::Slice offer_at_median_speed(const engine::measure::Workload& workload,
                                                 double load_per_s, const Calibration& calibration);
    Prediction verify_storm(const Calibration& calibration);
    [[nodiscard]] Demand unit_demand(const engine::measure::Workload& workload) const;

    const CalibrateOptions& options_;
    MeasuredServer& server_;
    engine::measure::Yardsticks yardsticks_;
    engine::measure::Bench bench_;
    std::string id_;
    Json host_;
    std::vector<Measurement> runs_;
    double speed_factor_ = 1;  ///< of the last run of the verification
    bool shows_progress_ = false;
};

/// "2026-11-23T22:47:16Z"
std::string now_in_words();

/// What the host says it is.
Json fingerprint_json();

}  // namespace busyhour::cli
