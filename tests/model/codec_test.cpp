#include "busyhour/model/codec.h"

#include "busyhour/catalog/catalog.h"
#include "busyhour/error.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

const Catalog& catalog() {
    static const Catalog built_in = load_catalog();
    return built_in;
}

const Codec& codec(const std::string& name) {
    return codec_named(catalog(), name, "codec");
}

PacketisationChoice with_ptime(double ptime_s) {
    PacketisationChoice choice;
    choice.ptime_s = ptime_s;
    return choice;
}

PacketisationChoice with_rate(double bit_rate_bits_per_s) {
    PacketisationChoice choice;
    choice.bit_rate_bits_per_s = bit_rate_bits_per_s;
    return choice;
}

/// Bits per second of one direction with those layers under RTP.
double bits_per_s(const std::vector<std::string>& layers, const Packetisation& packets) {
    const HeaderStack stack = stack_named(catalog(), layers, "layers");
    return packet_bytes(stack, packets.payload_bytes) * 8 * packets.packets_per_s;
}

std::string error_of(const std::string& name, const PacketisationChoice& choice) {
    try {
        packetise(codec(name), choice);
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

std::vector<double> rates_of(const Codec& each) {
    std::vector<double> rates;
    for (const CodecRate& rate : each.rates) rates.push_back(rate.bit_rate_bits_per_s);
    return rates;
}

}  // namespace

TEST_CASE("packetise matches published codec tables", "[model][codec][table]") {
    for (const auto& row : test::read_table("codecs.csv")) {
        CAPTURE(row.text("codec"), row.text("bit_rate_bits_per_s"), row.text("packing"),
                row.text("ptime_ms"), row.text("source"));
        const Packetisation packets = packetise(
            codec(row.text("codec")), {.ptime_s = row.number("ptime_ms") / 1000,
                                       .bit_rate_bits_per_s = row.number("bit_rate_bits_per_s"),
                                       .is_octet_aligned = row.text("packing") == "octet_aligned"});
        CHECK(packets.payload_bytes == row.number("payload_bytes"));
        CHECK(packets.packets_per_s == Approx(1000 / row.number("ptime_ms")).epsilon(1e-14));
        const HeaderStack ip = stack_named(catalog(), {"ipv4", "udp", "rtp"}, "layers");
        CHECK(packet_bytes(ip, packets.payload_bytes) == row.number("ipv4_packet_bytes"));
        // The table rounds to whole bits per second.
        CHECK(bits_per_s({"ipv4", "udp", "rtp"}, packets) ==
              Approx(row.number("ipv4_bits_per_s")).margin(0.5));
        CHECK(bits_per_s({"ethernet", "ipv4", "udp", "rtp"}, packets) ==
              Approx(row.number("ethernet_bits_per_s")).margin(0.5));
        CHECK(bits_per_s({"ethernet_l1", "ethernet", "ipv4", "udp", "rtp"}, packets) ==
              Approx(row.number("ethernet_l1_bits_per_s")).margin(0.5));
    }
}

TEST_CASE("codecs have the static payload types and clocks of RFC 3551", "[model][codec][table]") {
    struct Row {
        const char* name;
        int payload_type;
        double ptime_s;
    };
    // RFC 3551, tables 1 and 4
    const Row rows[] = {{"PCMU", 0, 0.02}, {"GSM", 3, 0.02},   {"G723", 4, 0.03}, {"PCMA", 8, 0.02},
                        {"G722", 9, 0.02}, {"G728", 15, 0.02}, {"G729", 18, 0.02}};
    for (const Row& row : rows) {
        CAPTURE(row.name);
        REQUIRE(codec(row.name).static_payload_type);
        CHECK(*codec(row.name).static_payload_type == row.payload_type);
        CHECK(codec(row.name).rtp_clock_hz == 8000);  // G722 too, by a mistake that must remain
        CHECK(packetise(codec(row.name), {}).ptime_s == Approx(row.ptime_s).epsilon(1e-14));
    }
    CHECK(codec("opus").rtp_clock_hz == 48000);  // rfc7587
    CHECK_FALSE(codec("opus").static_payload_type);
}

TEST_CASE("the catalogue has every codec that deployments may name", "[model][codec]") {
    for (const std::string name :
         {"PCMU", "PCMA", "G722", "G728", "G729", "G723", "G726-32", "GSM", "GSM-EFR", "iLBC",
          "AMR", "AMR-WB", "EVS", "opus", "speex", "L16"}) {
        CHECK(codec(name).name == name);
        std::string lower = name;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
            return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        });
        CHECK(codec(lower).name == name);  // media subtype names have no case
    }
}

TEST_CASE("payload octets add up by hand", "[model][codec]") {
    // AMR 12.2, two frames, bandwidth-efficient: (4 + 2 x (6 + 244)) / 8 = 63 exactly.
    CHECK(packetise(codec("AMR"), {.ptime_s = 0.04, .bit_rate_bits_per_s = 12200}).payload_bytes ==
          63);
    // Octet-aligned: 1 + 2 x (1 + 31) = 65.
    CHECK(packetise(codec("AMR"),
                    {.ptime_s = 0.04, .bit_rate_bits_per_s = 12200, .is_octet_aligned = true})
              .payload_bytes == 65);
    // G.728 at 20 ms: 16000 x 0.02 / 8 = 40; G.729 at 30 ms: three frames of 10.
    CHECK(packetise(codec("G728"), {}).payload_bytes == 40);
    CHECK(packetise(codec("G729"), with_ptime(0.03)).payload_bytes == 30);
    CHECK(packetise(codec("G729"), with_ptime(0.03)).frames_number == 3);
    // G.723.1 at 60 ms: two frames of 24.
    CHECK(packetise(codec("G723"), with_ptime(0.06)).payload_bytes == 48);
    CHECK(packetise(codec("PCMU"), {}).frames_number == 0);
}

TEST_CASE("Opus at 24 kbit/s and 60 ms makes 220-octet packets, 16.67 a second", "[model][codec]") {
    const Packetisation packets =
        packetise(codec("opus"), {.ptime_s = 0.06, .bit_rate_bits_per_s = 24000});
    CHECK(packets.payload_bytes + 12 + 8 + 20 == 220);
    CHECK(packets.packets_per_s == Approx(16.6666666666666667).epsilon(1e-13));
}

TEST_CASE("twice the ptime sends half the packets", "[model][codec][identity]") {
    for (const auto& [name, each] : catalog().codecs) {
        for (const CodecRate& rate : each.rates) {
            const std::vector<double> legal_s = legal_ptimes_s(each, rate);
            for (const double ptime_s : legal_s) {
                const bool has_double = std::any_of(
                    legal_s.begin(), legal_s.end(),
                    [&](double other_s) { return std::abs(other_s - 2 * ptime_s) < 1e-9; });
                if (!has_double) continue;
                CAPTURE(name, rate.bit_rate_bits_per_s, ptime_s);
                const auto once = packetise(
                    each, {.ptime_s = ptime_s, .bit_rate_bits_per_s = rate.bit_rate_bits_per_s});
                const auto twice = packetise(
                    each,
                    {.ptime_s = 2 * ptime_s, .bit_rate_bits_per_s = rate.bit_rate_bits_per_s});
                CHECK(twice.packets_per_s == Approx(once.packets_per_s / 2).epsilon(1e-12));
                // Headers that stand once in a packet are saved, and rounding up happens once.
                CHECK(twice.payload_bytes <= 2 * once.payload_bytes);
                CHECK(twice.payload_bytes >= 2 * once.payload_bytes - 2);
            }
        }
    }
}

TEST_CASE("payload octets x 8 x packets are the bit rate of codecs without payload headers",
          "[model][codec][identity]") {
    for (const std::string name : {"PCMU", "PCMA", "G722", "G728", "G729", "G726-32", "GSM"}) {
        const Codec& each = codec(name);
        for (const double ptime_s : legal_ptimes_s(each, each.rates.front())) {
            CAPTURE(name, ptime_s);
            const Packetisation packets = packetise(each, with_ptime(ptime_s));
            CHECK(packets.payload_bytes * 8 * packets.packets_per_s ==
                  Approx(packets.bit_rate_bits_per_s).epsilon(1e-9));
        }
    }
}

TEST_CASE("no codec sends less payload than its bit rate needs", "[model][codec][identity]") {
    for (const auto& [name, each] : catalog().codecs) {
        for (const double rate_bits_per_s : rates_of(each)) {
            const Packetisation packets = packetise(each, with_rate(rate_bits_per_s));
            CAPTURE(name, rate_bits_per_s, packets.ptime_s);
            // The name of a rate may be rounded down to whole 100 bit/s or be 13333 for 13333.3.
            CHECK(packets.payload_bytes * 8 >= rate_bits_per_s * packets.ptime_s * 0.999);
            CHECK(packets.payload_bytes == std::floor(packets.payload_bytes));
        }
    }
}

TEST_CASE("an illegal ptime is refused with the legal ones", "[model][codec][error]") {
    CHECK_THAT(error_of("G729", with_ptime(0.025)), Catch::StartsWith("ptime_ms: ") &&
                                                        Catch::Contains("25 ms") &&
                                                        Catch::Contains("10, 20, 30, 40"));
    CHECK_THAT(error_of("opus", with_ptime(0.03)),
               Catch::Contains("legal: 2.5, 5, 10, 20, 40, 60, 80, 100, 120 ms"));
    CHECK_THAT(error_of("G723", {.ptime_s = 0.02, .bit_rate_bits_per_s = 6300}),
               Catch::Contains("legal: 30, 60, 90, 120, 150, 180 ms"));
    CHECK_THAT(error_of("iLBC", {.ptime_s = 0.02, .bit_rate_bits_per_s = 13333}),
               Catch::Contains("legal: 30, 60, 90, 120, 150, 180 ms"));
    CHECK_THAT(error_of("PCMU", with_ptime(0.0205)),
               Catch::Contains("20.5 ms") && Catch::Contains("from 1 to 200 ms"));
    CHECK_THAT(error_of("PCMU", with_ptime(0.201)), Catch::StartsWith("ptime_ms: "));
    CHECK_THAT(error_of("PCMU", with_ptime(0)), Catch::StartsWith("ptime_ms: "));
    CHECK_THAT(error_of("PCMU", with_ptime(-0.02)), Catch::StartsWith("ptime_ms: "));
}

TEST_CASE("an illegal bit rate or packing is refused with the legal ones",
          "[model][codec][error]") {
    CHECK_THAT(error_of("AMR", with_rate(12000)),
               Catch::StartsWith("bit_rate_bits_per_s: ") && Catch::Contains("12200"));
    CHECK_THAT(error_of("opus", with_rate(5999)),
               Catch::Contains("6000") && Catch::Contains("510000"));
    CHECK_THAT(error_of("PCMU", {std::nullopt, std::nullopt, true}),
               Catch::StartsWith("octet_aligned: "));
}

TEST_CASE("a ptime that only another rate allows chooses that rate", "[model][codec]") {
    // iLBC: 30 ms frames are the 13.33 kbit/s mode of 50 octets (RFC 3952).
    const Packetisation packets = packetise(codec("iLBC"), with_ptime(0.03));
    CHECK(packets.bit_rate_bits_per_s == 13333);
    CHECK(packets.payload_bytes == 50);
    // And the rate chooses its frame where no ptime is given.
    CHECK(packetise(codec("iLBC"), with_rate(13333)).ptime_s == Approx(0.03).epsilon(1e-12));
}
