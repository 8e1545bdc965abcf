#pragma once

#include "cli/output.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace busyhour::cli {

/// What the command line of `busyhour load` says, as written.
struct LoadOptions {
    std::string flow;
    std::string target;
    std::string users = "1000";
    double rate_per_s = 100;
    std::optional<double> ramp_to_per_s;
    std::vector<double> steps_per_s;
    std::optional<double> given_duration_s;
    double window_s = 10;
    std::optional<double> count;
    std::string arrivals = "poisson";
    std::optional<std::uint32_t> seed;
    std::size_t sockets = 8;
    double gather_ms = 0.5;
    bool lets_sleep = false;  ///< the processor
    bool is_merging = false;
    std::vector<std::string> sources;
    std::string connection = "persistent";
    bool resumes = false;
    std::string tls_version = "any";
    std::string authority;
    std::string certificate;
    std::string key;
    std::string domain;
    std::string callee;
    std::string password = "secret-USER";
    double expires_s = 3600;
    double ring_s = 0;
    double hold_s = 0;
    double t1_s = 0.5;
    double back_off_s = 30;
    std::size_t sessions = 65536;

    bool has_media = false;  ///< the ends of calls talk

    // Of the flow rtp, and some of calls with media.
    double calls = 100;
    std::string codec = "PCMU";
    std::optional<double> ptime_ms;
    std::optional<double> bit_rate_bits_per_s;
    std::string encryption = "none";
    std::string srtp_suite = "AES_CM_128_HMAC_SHA1_80";
    std::string rtcp = "rfc3550";
    bool is_rtcp_muxed = false;
    bool is_one_way = false;
    bool is_discontinuous = false;
    std::vector<int> process_ids;

    std::vector<std::string> given;  ///< the options that stand on the command line: "--users"
    OutputOptions output;
};

/// Adds them all, FLOW and TARGET too.
void add_load_options(CLI::App& command, LoadOptions& options);

/// Does what they ask: load.cpp.
Exit run_load(const LoadOptions& options);

/// Throws InputError where options of media stand beside a signalling flow, or the other way round.
void check_flow_options(const LoadOptions& options);

}  // namespace busyhour::cli
