#pragma once

#include "process.h"

#include <functional>
#include <memory>
#include <string>

namespace bench {

struct GeneratorBench {
    std::string program;  ///< busyhour
    int port = 0;         ///< of the server on 127.0.0.1
    int cpu = 0;          ///< of the generators
    std::string folder;   ///< for results and logs
    int rounds_number = 5;
    /// Each run has a server of its own: what registered before would lengthen the answers.
    std::function<std::unique_ptr<Process>()> start_server;
};

/// `busyhour load register` beside sipp against one server: CPU of the generator for each
/// registration at one rate, the greatest rate each holds, and CPU there.
void compare_generators(const GeneratorBench& bench);

}  // namespace bench
