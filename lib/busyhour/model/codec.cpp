#include "busyhour/model/codec.h"

#include "busyhour/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace busyhour {
namespace {

constexpr double same = 1e-9;  // two durations that differ by less are one, written in other units

/// A number as short as it can be written: 2.5, 20, 12650.
std::string shown(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

std::string shown_in_ms(double value_s) {
    return shown(std::round(value_s * 1e6) / 1e3);
}

bool is_same(double a, double b) {
    return std::abs(a - b) < same * std::max(1.0, std::abs(a));
}

bool allows(const Codec& codec, const CodecRate& rate, double ptime_s) {
    const std::vector<double> legal = legal_ptimes_s(codec, rate);
    return std::any_of(legal.begin(), legal.end(),
                       [&](double each_s) { return is_same(each_s, ptime_s); });
}

std::string list_in_ms(const std::vector<double>& ptimes_s) {
    constexpr std::size_t shown_max = 24;
    if (ptimes_s.size() > shown_max) {
        return "every " + shown_in_ms(ptimes_s.front()) + " ms from " +
               shown_in_ms(ptimes_s.front()) + " to " + shown_in_ms(ptimes_s.back()) + " ms";
    }
    std::string list;
    for (const double ptime_s : ptimes_s) {
        if (!list.empty()) list += ", ";
        list += shown_in_ms(ptime_s);
    }
    return list + " ms";
}

std::string list_of_rates(const Codec& codec) {
    if (codec.bit_rate_low_bits_per_s) {
        return "legal: " + shown(*codec.bit_rate_low_bits_per_s) + " to " +
               shown(codec.bit_rate_high_bits_per_s.value_or(0)) + " bit/s";
    }
    std::string list;
    for (const CodecRate& rate : codec.rates) {
        if (!list.empty()) list += ", ";
        list += shown(rate.bit_rate_bits_per_s);
    }
    return "legal: " + list + " bit/s";
}

std::optional<CodecRate> rate_of(const Codec& codec, double bit_rate_bits_per_s) {
    if (codec.bit_rate_low_bits_per_s) {
        const bool is_in_range = bit_rate_bits_per_s >= *codec.bit_rate_low_bits_per_s &&
                                 bit_rate_bits_per_s <= codec.bit_rate_high_bits_per_s.value_or(0);
        if (!is_in_range) return std::nullopt;
        const double frame_s = codec.rates.empty() ? codec.ptime_default_s : codec.rates[0].frame_s;
        return CodecRate{
            .bit_rate_bits_per_s = bit_rate_bits_per_s, .frame_s = frame_s, .label = {}};
    }
    for (const CodecRate& rate : codec.rates) {
        if (is_same(rate.bit_rate_bits_per_s, bit_rate_bits_per_s)) return rate;
    }
    return std::nullopt;
}

/// The chosen rate; where none was chosen, the default, or the first that allows the ptime.
CodecRate choose_rate(const Codec& codec, const PacketisationChoice& choice) {
    const double wanted_bits_per_s =
        choice.bit_rate_bits_per_s.value_or(codec.bit_rate_default_bits_per_s);
    const std::optional<CodecRate> rate = rate_of(codec, wanted_bits_per_s);
    if (!rate) {
        throw InputError("bit_rate_bits_per_s",
                         codec.name + " has no rate of " + shown(wanted_bits_per_s) + " bit/s",
                         list_of_rates(codec));
    }
    if (choice.bit_rate_bits_per_s || !choice.ptime_s || allows(codec, *rate, *choice.ptime_s)) {
        return *rate;
    }
    for (const CodecRate& other : codec.rates) {
        if (allows(codec, other, *choice.ptime_s)) return other;
    }
    return *rate;
}

double payload_bytes(const Packing& packing, const CodecRate& rate, double frames_number) {
    if (packing.aligns_each_frame) {
        const double frame_bytes =
            std::ceil(packing.frame_header_bits / 8) + std::ceil(rate.frame_bits / 8);
        return std::ceil(packing.payload_header_bits / 8) + frames_number * frame_bytes;
    }
    const double bits =
        packing.payload_header_bits + frames_number * (packing.frame_header_bits + rate.frame_bits);
    return std::ceil(bits / 8 - same);
}

/// Sample codecs stand in the catalogue with frames of 1 ms, the step of their packetisation.
bool is_sample_codec(const CodecRate& rate) {
    return is_same(rate.frame_s, 0.001);
}

const Packing& choose_packing(const Codec& codec, const PacketisationChoice& choice) {
    if (!choice.is_octet_aligned) return codec.packing;
    if (!codec.octet_aligned_packing) {
        throw InputError("octet_aligned", codec.name + " has one payload format only",
                         "octet_aligned is for AMR and AMR-WB (RFC 4867)");
    }
    return *codec.octet_aligned_packing;
}

}  // namespace

std::vector<double> legal_ptimes_s(const Codec& codec, const CodecRate& rate) {
    if (!codec.ptimes_s.empty()) return codec.ptimes_s;
    std::vector<double> legal_s;
    const double count = std::floor(codec.ptime_max_s / rate.frame_s + same);
    for (double n = 1; n <= count; ++n) legal_s.push_back(n * rate.frame_s);
    return legal_s;
}

Packetisation packetise(const Codec& codec, const PacketisationChoice& choice) {
    const CodecRate rate = choose_rate(codec, choice);
    const Packing& packing = choose_packing(codec, choice);
    double ptime_s = choice.ptime_s.value_or(codec.ptime_default_s);
    if (!choice.ptime_s && !allows(codec, rate, ptime_s)) {
        ptime_s =
            legal_ptimes_s(codec, rate).front();  // a rate with another frame than the default's
    }
    if (!allows(codec, rate, ptime_s)) {
        throw InputError("ptime_ms",
                         codec.name + " at " + shown(rate.bit_rate_bits_per_s) +
                             " bit/s makes no packets of " + shown_in_ms(ptime_s) + " ms",
                         "legal: " + list_in_ms(legal_ptimes_s(codec, rate)));
    }
    const bool has_any_rate = codec.bit_rate_low_bits_per_s.has_value();
    const double frames_number = has_any_rate ? 1 : std::round(ptime_s / rate.frame_s);
    return {.ptime_s = ptime_s,
            .bit_rate_bits_per_s = rate.bit_rate_bits_per_s,
            .frames_number = is_sample_codec(rate) ? 0 : frames_number,
            .payload_bytes = has_any_rate ? std::ceil(rate.bit_rate_bits_per_s * ptime_s / 8 - same)
                                          : payload_bytes(packing, rate, frames_number),
            .packets_per_s = 1 / ptime_s};
}

}  // namespace busyhour
