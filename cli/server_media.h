#pragma once

#include "busyhour/error.h"
#include "engine/media_relay.h"

#include <CLI/App.hpp>

#include <optional>
#include <string>
#include <vector>

namespace busyhour::cli {

/// The media relay of `busyhour server`, as the command line has it.
struct ServerMedia {
    std::string address;
    std::string ports = "10000-59999";
    std::string cpus;
    std::string recorder;
    std::size_t media_max = 10'000;
    int workers = 1;
    double silence_s = 60;
};

void add_media(CLI::App& app, ServerMedia& media);

/// Nothing where no relay is wanted; what is wrong goes to `problems`.
std::optional<engine::MediaRelayOptions> checked_media(const ServerMedia& media,
                                                       std::vector<Problem>& problems);

}  // namespace busyhour::cli
