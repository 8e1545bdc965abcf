#pragma once

#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// How frames become the payload of one RTP packet.
struct Packing {
    bool aligns_each_frame = false;  ///< pad each frame to octets, or only the whole payload
    double payload_header_bits = 0;  ///< once in a packet (AMR: the CMR)
    double frame_header_bits = 0;    ///< once for each frame (AMR: the table of contents)
};

/// One of a codec's bit rates.
struct CodecRate {
    double bit_rate_bits_per_s = 0;  ///< as its standard calls it
    double frame_bits = 0;           ///< 0 for codecs of any rate
    double frame_s = 0;              ///< speech in one frame
    std::string label;
};

/// A speech codec as RTP sees it.
struct Codec {
    std::string name;  ///< media subtype name (IANA)
    std::string title;
    std::string source;
    std::optional<int> static_payload_type;
    int rtp_clock_hz = 8000;
    double ptime_default_s = 0.020;
    double ptime_max_s = 0.200;
    std::vector<double> ptimes_s;  ///< the legal ones where they are no plain multiples
    Packing packing;
    std::optional<Packing> octet_aligned_packing;
    std::vector<CodecRate> rates;
    double bit_rate_default_bits_per_s = 0;
    std::optional<double> bit_rate_low_bits_per_s;   ///< codecs of any rate: the least
    std::optional<double> bit_rate_high_bits_per_s;  ///< codecs of any rate: the most
    std::optional<double> look_ahead_s;
};

/// What the user chose of a codec; what is left out is the codec's default.
struct PacketisationChoice {
    std::optional<double> ptime_s;
    std::optional<double> bit_rate_bits_per_s;
    bool is_octet_aligned = false;
};

/// The packets of one direction of one stream.
struct Packetisation {
    double ptime_s = 0;
    double bit_rate_bits_per_s = 0;
    double frames_number = 0;  ///< frames in one packet; 0 for codecs that code sample by sample
    double payload_bytes = 0;  ///< RTP payload of one packet
    double packets_per_s = 0;
};

/// The packets that a codec makes. Source: rfc3551.
///
/// Throws InputError at "ptime_ms", "bit_rate_bits_per_s" or "octet_aligned", with the legal
/// values.
Packetisation packetise(const Codec& codec, const PacketisationChoice& choice);

/// The packet durations that the codec allows at that rate, ascending.
std::vector<double> legal_ptimes_s(const Codec& codec, const CodecRate& rate);

}  // namespace busyhour
