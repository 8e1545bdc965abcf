#pragma once

#include "cli/calibrate_options.h"
#include "engine/measure/processes.h"
#include "engine/measure/processor.h"
#include "engine/measure/slice.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace busyhour::cli {

/// A server that is ready to be measured, on processors of its own where the host has two or more.
class MeasuredServer {
public:
    /// Starts our own server, or looks at the target. Throws InputError for a target that is none,
    /// std::system_error and std::runtime_error where it cannot be made ready.
    explicit MeasuredServer(const CalibrateOptions& options);

    [[nodiscard]] const engine::measure::Subject& subject() const { return subject_; }
    [[nodiscard]] engine::measure::Subject& subject() { return subject_; }
    /// "kamailio 5.6.3": name and version, as far as known.
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] bool is_own() const { return child_ != nullptr; }
    /// What speaks against the result from the start.
    [[nodiscard]] const std::vector<std::string>& doubts() const { return doubts_; }

private:
    void start_own(const CalibrateOptions& options);
    void look_at_target(const CalibrateOptions& options);
    void choose_processors(const CalibrateOptions& options);

    engine::measure::Subject subject_;
    std::string name_;
    std::vector<std::string> doubts_;
    std::unique_ptr<engine::measure::ChildProcess> child_;
    std::unique_ptr<engine::measure::PinnedProcesses> pinned_;
};

}  // namespace busyhour::cli
