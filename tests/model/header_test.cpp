#include "busyhour/model/header.h"

#include "busyhour/catalog/catalog.h"
#include "busyhour/error.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

const Catalog& catalog() {
    static const Catalog built_in = load_catalog();
    return built_in;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream rest(text);
    std::vector<std::string> words;
    for (std::string word; rest >> word;) words.push_back(word);
    return words;
}

HeaderStack stack(const std::string& names) {
    return stack_named(catalog(), words_of(names), "/layers");
}

bool is_tunnel(const std::string& name) {
    return header_named(catalog(), name, "layer").position == Position::tunnel;
}

}  // namespace

TEST_CASE("packets have the published sizes", "[model][header][table]") {
    for (const auto& row : test::read_table("headers.csv")) {
        CAPTURE(row.text("layers"), row.text("source"));
        CHECK(packet_bytes(stack(row.text("layers")), row.number("payload_bytes")) ==
              row.number("total_bytes"));
    }
}

TEST_CASE("layers add up to the packet", "[model][header][identity]") {
    for (const auto& row : test::read_table("headers.csv")) {
        CAPTURE(row.text("layers"));
        const HeaderStack layers = stack(row.text("layers"));
        for (double payload_bytes = 0; payload_bytes <= 1500; payload_bytes += 7) {
            double sum_bytes = payload_bytes;
            for (const LayerOctets& layer : octets_by_layer(layers, payload_bytes)) {
                sum_bytes += layer.added_bytes;
                CHECK(layer.total_bytes == sum_bytes);
            }
            CHECK(packet_bytes(layers, payload_bytes) == sum_bytes);
        }
    }
}

TEST_CASE("a larger payload never makes a smaller packet", "[model][header][identity]") {
    for (const auto& row : test::read_table("headers.csv")) {
        CAPTURE(row.text("layers"));
        const HeaderStack layers = stack(row.text("layers"));
        double last_bytes = 0;
        for (double payload_bytes = 0; payload_bytes <= 300; ++payload_bytes) {
            const double now_bytes = packet_bytes(layers, payload_bytes);
            CHECK(now_bytes >= last_bytes);
            CHECK(now_bytes > payload_bytes);
            last_bytes = now_bytes;
        }
    }
}

TEST_CASE("the order of layer names does not matter", "[model][header][identity]") {
    for (const auto& row : test::read_table("headers.csv")) {
        std::vector<std::string> names = words_of(row.text("layers"));
        if (std::count_if(names.begin(), names.end(), is_tunnel) > 1) continue;  // tunnels nest
        const double expected_bytes =
            packet_bytes(stack_named(catalog(), names, "/layers"), row.number("payload_bytes"));
        std::sort(names.begin(), names.end());
        do {
            CAPTURE(names);
            CHECK(packet_bytes(stack_named(catalog(), names, "/layers"),
                               row.number("payload_bytes")) == expected_bytes);
        } while (std::next_permutation(names.begin(), names.end()));
    }
}

TEST_CASE("tunnels keep the order they were named in, outermost first", "[model][header]") {
    const HeaderStack layers = stack("wireguard gre ipv4 udp rtp");
    REQUIRE(layers.layers.size() == 5);
    CHECK(layers.layers[3].name == "gre");
    CHECK(layers.layers[4].name == "wireguard");
    // GRE: 200 + 4 + 20 = 224. WireGuard pads it to 224 = 14 x 16: 224 + 24 + 16 + 20 = 284.
    CHECK(packet_bytes(layers, 160) == 284);
}

TEST_CASE("ESP pads the payload, pad length and next header to a whole block",
          "[model][header][identity]") {
    // RFC 4303 2.4: outer 20 + SPI and sequence 8 + IV + blocks + ICV.
    struct Row {
        const char* name;
        double block_bytes;
        double fixed_bytes;
    };
    const Row rows[] = {{"ipsec_esp_tunnel", 4, 20 + 8 + 8 + 16},
                        {"ipsec_esp_tunnel_natt", 4, 20 + 8 + 8 + 8 + 16},
                        {"ipsec_esp_tunnel_cbc_sha1", 16, 20 + 8 + 16 + 12},
                        {"ipsec_esp_tunnel_cbc_sha256", 16, 20 + 8 + 16 + 16}};
    for (const Row& row : rows) {
        const HeaderStack layers = stack(std::string(row.name) + " ipv4 udp rtp");
        for (double payload_bytes = 0; payload_bytes <= 200; ++payload_bytes) {
            const double inner_bytes = payload_bytes + 12 + 8 + 20;
            double blocks = 0;
            while (blocks * row.block_bytes < inner_bytes + 2) ++blocks;
            CAPTURE(row.name, payload_bytes);
            CHECK(packet_bytes(layers, payload_bytes) ==
                  blocks * row.block_bytes + row.fixed_bytes);
        }
    }
}

TEST_CASE("WireGuard pads the inner packet to 16 octets", "[model][header][identity]") {
    // 16 header + 16 tag + 8 UDP + 20 IPv4 = 60 around the padded packet.
    const HeaderStack layers = stack("wireguard ipv4 udp rtp");
    for (double payload_bytes = 0; payload_bytes <= 200; ++payload_bytes) {
        const double padded_bytes = packet_bytes(layers, payload_bytes) - 60;
        CAPTURE(payload_bytes);
        CHECK(std::fmod(padded_bytes, 16) == 0);
        CHECK(padded_bytes >= payload_bytes + 40);
        CHECK(padded_bytes < payload_bytes + 40 + 16);
    }
}

TEST_CASE("Ethernet carries at least 46 octets", "[model][header][identity]") {
    const HeaderStack layers = stack("ethernet ipv4 udp");
    for (double payload_bytes = 0; payload_bytes <= 100; ++payload_bytes) {
        CAPTURE(payload_bytes);
        const double ip_bytes = payload_bytes + 28;
        CHECK(packet_bytes(layers, payload_bytes) == (ip_bytes < 46 ? 64 : ip_bytes + 18));
    }
}

TEST_CASE("tunnels around IPv6 have an IPv6 outer header", "[model][header]") {
    // 160 + 12 + 8 + 40 = 220; GRE 4 and an outer header of 40.
    CHECK(packet_bytes(stack("gre ipv6 udp rtp"), 160) == 264);
}

TEST_CASE("ip_packet_bytes leaves out what is below IP", "[model][header]") {
    CHECK(ip_packet_bytes(stack("ethernet_l1 ethernet vlan ipv4 udp rtp"), 160) == 200);
    CHECK(ip_packet_bytes(stack("ethernet ipsec_esp_tunnel ipv4 udp rtp"), 160) == 200);
    CHECK(ip_packet_bytes(stack("ethernet ipv4 ipsec_esp_transport udp rtp"), 160) == 236);
    CHECK(ip_packet_bytes(stack("ipv6 udp srtp_aes_cm_128_hmac_sha1_80 rtp"), 160) == 230);
}

TEST_CASE("SRTCP adds the index and, for SHA1_32 too, an 80-bit tag", "[model][header][table]") {
    // RFC 3711 3.4: 4 + 10; RFC 4568 6.2: the SRTCP tag is 80 bits for all three suites;
    // RFC 7714: 16 + 4.
    const auto added = [](const char* suite) {
        return srtp_suite_named(catalog(), suite, "suite").rtcp_trailer_bytes;
    };
    CHECK(added("AES_CM_128_HMAC_SHA1_80") == 14);
    CHECK(added("AES_CM_128_HMAC_SHA1_32") == 14);
    CHECK(added("AEAD_AES_128_GCM") == 20);
    CHECK(added("aead_aes_256_gcm") == 20);
}

TEST_CASE("a layer that stands twice, and two network layers, are refused",
          "[model][header][error]") {
    CHECK_THROWS_WITH(stack("ethernet ipv4 ethernet udp"),
                      Catch::StartsWith("/layers: ") && Catch::Contains("ethernet"));
    CHECK_THROWS_WITH(stack("ethernet ipv4 ipv6"), Catch::Contains("ipv4 and ipv6"));
    CHECK_THROWS_WITH(stack("ethernet ipv4x vlam"),
                      Catch::Contains("/layers/1: ") && Catch::Contains("\"ipv4\"") &&
                          Catch::Contains("/layers/2: ") && Catch::Contains("\"vlan\""));
}
