#pragma once

#include "busyhour/error.h"
#include "engine/sip_server.h"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace busyhour::cli {

/// The media relay of `busyhour server`, as the command line has it.
struct ServerMedia {
    std::string address;
    std::string ports = "10000-59999";
    std::string cpus;
    std::string recorder;
    std::string encryption = "same";
    std::string ng;
    std::size_t media_max = 10'000;
    int workers = 1;
    double silence_s = 60;
    std::vector<std::string> given;  ///< the options that stand on the command line: "--ng"
};

void add_media(CLI::App& app, ServerMedia& media);

/// Takes them over; what is wrong goes to `problems`.
void check_media(const ServerMedia& media, engine::SipServerOptions& options,
                 std::vector<Problem>& problems);

}  // namespace busyhour::cli
