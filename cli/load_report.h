#pragma once

#include "cli/output.h"
#include "engine/load/runner.h"

#include <string>

namespace busyhour::cli {

/// What was run, for the result's head.
struct LoadSubject {
    std::string flow;
    std::string target;
    std::string connection;
    std::size_t users_number = 0;
    std::size_t sockets_number = 0;
    std::string arrivals;
    std::uint32_t seed = 0;
};

/// A load's result in every format.
Renderings render_load(const LoadSubject& subject, const engine::load::RunResult& result);

}  // namespace busyhour::cli
