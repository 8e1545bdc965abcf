#include "busyhour/model/rtcp.h"

#include "busyhour/error.h"

#include <algorithm>
#include <numbers>
#include <utility>
#include <vector>

namespace busyhour {
namespace {

// Source: rfc3550, section 6.2 and appendix A.7.
constexpr double minimum_interval_s = 5;
constexpr double initial_factor = 0.5;
constexpr double sender_bandwidth_fraction = 0.25;
constexpr double reduced_minimum_bits = 360e3;

// Source: rfc3550, section 6.4.1, 6.4.2 and 6.5.
constexpr int common_header_bytes = 4;
constexpr int ssrc_bytes = 4;
constexpr int sender_info_bytes = 20;
constexpr int report_block_bytes = 24;
constexpr int item_header_bytes = 2;
constexpr int end_of_items_bytes = 1;
constexpr int word_bytes = 4;
constexpr int most_report_blocks = 31;
constexpr int most_cname_octets = 255;

// Source: talk-posner-2025.
constexpr double share_rule_fraction = 0.05;

constexpr double bits_per_byte = 8;
constexpr double largest_session_bits_per_s = 1e12;
constexpr double largest_members_number = 1e9;
constexpr double largest_datagram_bytes = 65535;

bool is_session_rate(double session_bits_per_s) {
    return session_bits_per_s > 0 && session_bits_per_s <= largest_session_bits_per_s;
}

Problem session_rate_problem() {
    return {"session_bits_per_s", "must be more than 0 and at most 1e12",
            "80000 is one direction of G.711 with 20 ms, IP and UDP included"};
}

void check_session(const RtcpSession& session) {
    std::vector<Problem> problems;
    if (!(session.members_number >= 1 && session.members_number <= largest_members_number)) {
        problems.push_back({"members_number", "must be 1 to 1e9", "a call has 2"});
    }
    if (!(session.senders_number >= 0 && session.senders_number <= session.members_number)) {
        problems.push_back(
            {"senders_number", "must be 0 to members_number", "count senders among the members"});
    }
    if (!(session.average_rtcp_bytes >= 1 &&
          session.average_rtcp_bytes <= largest_datagram_bytes)) {
        problems.push_back({"average_rtcp_bytes", "must be 1 to 65535",
                            "112 is a sender report over IPv4 and UDP"});
    }
    if (!is_session_rate(session.session_bits_per_s)) problems.push_back(session_rate_problem());
    if (!(session.rtcp_bandwidth_fraction > 0 && session.rtcp_bandwidth_fraction <= 1)) {
        problems.push_back({"rtcp_bandwidth_fraction", "must be more than 0 and at most 1",
                            "RFC 3550 recommends 0.05"});
    }
    if (!problems.empty()) throw InputError(std::move(problems));
}

/// Tmin. Source: rfc3550, section 6.2 and appendix A.7.
double minimum_for_session_s(const RtcpSession& session) {
    double minimum_s = minimum_interval_s;
    if (session.reduced_minimum) {
        minimum_s = std::min(minimum_s, reduced_minimum_s(session.session_bits_per_s));
    }
    return session.initial ? minimum_s * initial_factor : minimum_s;
}

/// n C: time in which those who share a bandwidth send one report each.
/// Source: rfc3550, section 6.3.1.
double bandwidth_interval_s(const RtcpSession& session, RtcpRole role) {
    const double rtcp_bytes_per_s =
        session.rtcp_bandwidth_fraction * session.session_bits_per_s / bits_per_byte;
    const bool is_split =
        session.senders_number <= sender_bandwidth_fraction * session.members_number;
    if (!is_split) return session.members_number * session.average_rtcp_bytes / rtcp_bytes_per_s;
    const bool is_sender = role == RtcpRole::sender;
    const double share_fraction =
        is_sender ? sender_bandwidth_fraction : 1 - sender_bandwidth_fraction;
    const double sharing_number =
        is_sender ? session.senders_number : session.members_number - session.senders_number;
    return sharing_number * session.average_rtcp_bytes / (share_fraction * rtcp_bytes_per_s);
}

void check_report_blocks(int report_blocks) {
    if (report_blocks < 0 || report_blocks > most_report_blocks) {
        throw InputError("report_blocks", "must be 0 to 31", "further sources need another report");
    }
}

}  // namespace

double deterministic_interval_s(const RtcpSession& session, RtcpRole role) {
    check_session(session);
    return std::max(minimum_for_session_s(session), bandwidth_interval_s(session, role));
}

double mean_interval_s(const RtcpSession& session, RtcpRole role) {
    // A draw u Td / (e - 3/2), u uniform in 0.5 to 1.5, is repeated until it lies in the past:
    // the mean comes out as Td (0.5 + (e - 2)) / (e - 3/2) = Td.
    return deterministic_interval_s(session, role);
}

double mean_interval_without_reconsideration_s(const RtcpSession& session, RtcpRole role) {
    return deterministic_interval_s(session, role) / compensation_factor();
}

double compensation_factor() {
    return std::numbers::e - 1.5;
}

double reduced_minimum_s(double session_bits_per_s) {
    if (!is_session_rate(session_bits_per_s)) throw InputError({session_rate_problem()});
    return reduced_minimum_bits / session_bits_per_s;
}

double packets_per_s(const RtcpSession& session) {
    const double receivers_number = session.members_number - session.senders_number;
    return session.senders_number / deterministic_interval_s(session, RtcpRole::sender) +
           receivers_number / deterministic_interval_s(session, RtcpRole::receiver);
}

double share_rule_packets_per_s(double rtp_packets_per_s) {
    if (!(rtp_packets_per_s >= 0 && rtp_packets_per_s <= 1e15)) {
        throw InputError("rtp_packets_per_s", "must be 0 to 1e15", "50 is one direction of a call");
    }
    return share_rule_fraction * rtp_packets_per_s;
}

double sender_report_bytes(int report_blocks) {
    return sender_info_bytes + receiver_report_bytes(report_blocks);
}

double receiver_report_bytes(int report_blocks) {
    check_report_blocks(report_blocks);
    return common_header_bytes + ssrc_bytes + report_block_bytes * report_blocks;
}

double source_description_bytes(int cname_octets) {
    if (cname_octets < 1 || cname_octets > most_cname_octets) {
        throw InputError("cname_octets", "must be 1 to 255", "RFC 7022 names have 16 or more");
    }
    const int chunk_bytes = ssrc_bytes + item_header_bytes + cname_octets + end_of_items_bytes;
    const int words = (chunk_bytes + word_bytes - 1) / word_bytes;
    return common_header_bytes + words * word_bytes;
}

double rtcp_compound_bytes(const RtcpCompound& compound) {
    const double report_bytes = compound.role == RtcpRole::sender
                                    ? sender_report_bytes(compound.report_blocks)
                                    : receiver_report_bytes(compound.report_blocks);
    return report_bytes + source_description_bytes(compound.cname_octets);
}

}  // namespace busyhour
