#pragma once

namespace busyhour {

/// Whether a participant sent RTP lately, which decides its share of the RTCP bandwidth.
enum class RtcpRole { sender, receiver };

/// What RFC 3550 needs to know about an RTP session to pace its reports.
struct RtcpSession {
    double members_number = 2;        ///< 1 to 1e9, senders included
    double senders_number = 2;        ///< 0 to members_number
    double average_rtcp_bytes = 112;  ///< 1 to 65535 with IP and UDP headers; RtcpCompound's size
    double session_bits_per_s = 0;    ///< above 0, up to 1e12: all senders, IP and UDP included
    double rtcp_bandwidth_fraction = 0.05;  ///< above 0, up to 1; Source: rfc3550, section 6.2
    bool initial = false;                   ///< nothing sent yet: half the minimum interval
    bool reduced_minimum = false;           ///< everyone uses reduced_minimum_s, as unicast may
};

/// Deterministic interval Td between the reports of one participant.
///
/// Source: rfc3550, section 6.3.1.
double deterministic_interval_s(const RtcpSession& session, RtcpRole role);

/// Mean time between reports under timer reconsideration, which is Td again.
///
/// Source: rfc3550, section 6.3.1 and appendix A.7.
double mean_interval_s(const RtcpSession& session, RtcpRole role);

/// Mean time between reports of a stack that divides by the compensation but never reconsiders.
///
/// Source: rfc3550, section 6.3.1.
double mean_interval_without_reconsideration_s(const RtcpSession& session, RtcpRole role);

/// e - 3/2, by which an interval is divided since reconsideration lengthens it.
///
/// Source: rfc3550, section 6.3.1.
double compensation_factor();

/// Reduced minimum interval: 360 s over the session bandwidth in kb/s (above 0, up to 1e12 bits/s).
///
/// It replaces the 5 s only where it is shorter: above 72 kb/s. Source: rfc3550, section 6.2.
double reduced_minimum_s(double session_bits_per_s);

/// RTCP packets of all members together, each counted once, as it leaves its sender.
///
/// Source: rfc3550, section 6.3.1.
double packets_per_s(const RtcpSession& session);

/// RTCP packets by the rule of thumb: 5 % of the RTP packets (0 or more).
///
/// The 5 % of RFC 3550 are bandwidth and a ceiling, so this overstates RTCP, for voice about
/// 12-fold. Source: talk-posner-2025.
double share_rule_packets_per_s(double rtp_packets_per_s);

/// Headers below RTCP that its bandwidth counts. Source: rfc3550, section 6.2.
constexpr double ipv4_udp_header_bytes = 20 + 8;
constexpr double ipv6_udp_header_bytes = 40 + 8;

/// A report with its mandatory CNAME, as one datagram.
struct RtcpCompound {
    RtcpRole role = RtcpRole::sender;  ///< sends a sender report or a receiver report
    int report_blocks = 1;             ///< 0 to 31 sources reported on
    int cname_octets = 20;             ///< 1 to 255
};

/// Sender report with 0 to 31 report blocks. Source: rfc3550, section 6.4.1.
double sender_report_bytes(int report_blocks);

/// Receiver report with 0 to 31 report blocks. Source: rfc3550, section 6.4.2.
double receiver_report_bytes(int report_blocks);

/// Source description of one source with a CNAME of 1 to 255 octets. Source: rfc3550, section 6.5.
double source_description_bytes(int cname_octets);

/// The compound packet as UDP payload, without SRTCP. Source: rfc3550, section 6.1.
double rtcp_compound_bytes(const RtcpCompound& compound);

}  // namespace busyhour
