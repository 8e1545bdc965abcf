#include "busyhour/catalog/catalog.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace busyhour;

namespace {

ModelPatch patch(const std::string& kind, const std::string& name, const std::string& text) {
    return {kind, name, parse_json(text, "p"), "/models/" + kind + "/" + name};
}

std::string error_of(const std::vector<ModelPatch>& patches) {
    try {
        load_catalog(patches);
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

template <typename Entries>
void check_described(const Entries& entries) {
    CHECK_FALSE(entries.empty());
    for (const auto& [name, entry] : entries) {
        CAPTURE(name);
        CHECK_FALSE(entry.name.empty());
        CHECK_FALSE(entry.title.empty());
        CHECK_FALSE(entry.source.empty());
    }
}

}  // namespace

TEST_CASE("each built-in entry has a name, a title and a source", "[catalog]") {
    const Catalog catalog = load_catalog();
    check_described(catalog.codecs);
    check_described(catalog.headers);
    check_described(catalog.flows);
    check_described(catalog.servers);
    check_described(catalog.hosts);
    check_described(catalog.roles);
    check_described(catalog.tls);
    for (const auto& [name, size] : catalog.messages.messages) {
        CAPTURE(name);
        CHECK(size.bytes > 0);
        CHECK_FALSE(size.source.empty());
    }
    for (const auto& [name, server] : catalog.servers) {
        for (const CostRow& row : server.rows) CHECK_FALSE(row.source.empty());
    }
    CHECK(catalog_kinds().size() == 9);
}

TEST_CASE("server models carry the published figures", "[catalog][table]") {
    // Kamailio 5.6: REGISTER refresh 31.2 us pipelined, 63.0 us one at a time; contact 1460 octets;
    // TLS connection 75 kB. rtpengine: 12.4 us a packet at a high rate, 16 us at a low one.
    const Catalog catalog = load_catalog();
    const CostModel& kamailio = server_named(catalog, "kamailio", "s").cost;
    const CostModel& rtpengine = server_named(catalog, "rtpengine", "s").cost;
    const auto cpu = index_of(Resource::cpu_cores);
    const auto memory = index_of(Resource::memory_bytes);
    CHECK(kamailio.cost.at(cpu)[Driver::registrations] == Approx(31.2e-6));
    CHECK(kamailio.cost.at(cpu)[Driver::registrations] +
              kamailio.wakeup_cpu_cores[Driver::registrations] ==
          Approx(63e-6));
    CHECK(kamailio.cost.at(memory)[Driver::contacts] == 1460);
    CHECK(kamailio.cost.at(memory)[Driver::tls_connections] == 75000);
    CHECK(rtpengine.cost.at(cpu)[Driver::relayed_packets] == Approx(12.4e-6));
    CHECK(rtpengine.cost.at(cpu)[Driver::relayed_packets] +
              rtpengine.wakeup_cpu_cores[Driver::relayed_packets] ==
          Approx(16e-6));
}

TEST_CASE("TLS records add 29 octets in version 1.2 and 22 in 1.3", "[catalog][table]") {
    // AES-GCM: 5 + 8 + 16 (RFC 5288); 5 + 1 + 16 (RFC 8446 5.2).
    for (const auto& [name, profile] : load_catalog().tls) {
        CAPTURE(name);
        CHECK(profile.record_bytes.at("1.2") == 29);
        CHECK(profile.record_bytes.at("1.3") == 22);
    }
}

TEST_CASE("a patch changes one member and leaves the rest", "[catalog]") {
    const Catalog built_in = load_catalog();
    const Catalog changed = load_catalog({patch("codecs", "PCMU", R"({"ptime_default_ms": 30})")});
    const Codec& codec = codec_named(changed, "pcmu", "c");
    CHECK(codec.ptime_default_s == 0.03);
    CHECK(codec.title == codec_named(built_in, "PCMU", "c").title);
    CHECK(codec_named(changed, "PCMA", "c").ptime_default_s == 0.02);
    CHECK(changed.origins.at("codecs/pcmu").changed_by == "/models/codecs/PCMU");
    CHECK(changed.origins.at("codecs/pcma").changed_by.empty());
}

TEST_CASE("patches apply in their order", "[catalog]") {
    const Catalog catalog =
        load_catalog({patch("hosts", "reference-vm", R"({"core_speed_factor": 2})"),
                      patch("hosts", "reference-vm", R"({"core_speed_factor": 3})")});
    CHECK(host_named(catalog, "reference-vm", "h").core_speed_factor == 3);
}

TEST_CASE("a new entry needs a source", "[catalog][error]") {
    CHECK_THAT(error_of({patch("hosts", "blade", R"({"core_speed_factor": 2})")}),
               Catch::Contains("/models/hosts/blade/source: is missing"));
    const Catalog catalog = load_catalog(
        {patch("hosts", "blade",
               R"({"title": "a blade", "source": "planning-default", "core_speed_factor": 2})")});
    CHECK(host_named(catalog, "BLADE", "h").core_speed_factor == 2);
    CHECK(host_named(catalog, "blade", "h").name == "blade");
}

TEST_CASE("a kind that does not exist is refused with the nearest", "[catalog][error]") {
    CHECK_THAT(error_of({patch("codec", "PCMU", "{}")}),
               Catch::Contains("\"codec\"") && Catch::Contains("did you mean \"codecs\"?"));
}

TEST_CASE("all faults of all patches are reported at once", "[catalog][error]") {
    const std::string error =
        error_of({patch("codecs", "PCMU", R"({"ptime_max_ms": -1})"),
                  patch("codecs", "PCMA", R"({"source": null})"), patch("wires", "x", "{}"),
                  patch("flows", "register", R"({"messages": [
                      {"from": "endpoint", "to": "nobody", "message": "X", "size": "NONE"}]})"),
                  patch("servers", "kamailio", R"({"limits": {"disk_bytes": 1}})")});
    CHECK_THAT(error, Catch::Contains("/models/codecs/PCMU/ptime_max_ms: ") &&
                          Catch::Contains("/models/codecs/PCMA/source: is missing") &&
                          Catch::Contains("\"wires\"") &&
                          Catch::Contains("\"nobody\" is no element of the flow") &&
                          Catch::Contains("/models/flows/register/messages/0/size: ") &&
                          Catch::Contains("/models/servers/kamailio"));
}

TEST_CASE("an entry that is patched into another type is refused", "[catalog][error]") {
    CHECK_THAT(error_of({patch("codecs", "PCMU", "5")}), Catch::Contains("must be an object"));
    CHECK_THAT(error_of({patch("codecs", "PCMU", "null")}), Catch::Contains("must be an object"));
}

TEST_CASE("patches_of takes kind and name from the object", "[catalog]") {
    const auto patches = patches_of(
        parse_json(R"({"codecs": {"PCMU": {"a": 1}, "x/y": {}}, "hosts": {"h": {}}})", "f"),
        "/models");
    REQUIRE(patches.size() == 3);
    CHECK(patches[0].kind == "codecs");
    CHECK(patches[0].name == "PCMU");
    CHECK(patches[1].origin == "/models/codecs/x~1y");
    CHECK(patches[2].kind == "hosts");
    CHECK(patches_of(Json{}, "/models").empty());
}

TEST_CASE("unknown names are refused at their place with the nearest", "[catalog][error]") {
    const Catalog catalog = load_catalog();
    CHECK_THROWS_WITH(codec_named(catalog, "PMCU", "/populations/0/media/codec"),
                      Catch::StartsWith("/populations/0/media/codec: unknown codec \"PMCU\"") &&
                          Catch::Contains("\"PCMU\""));
    CHECK_THROWS_WITH(header_named(catalog, "ipv5", "/x"), Catch::Contains("did you mean \"ipv"));
    CHECK_THROWS_WITH(flow_named(catalog, "regster", "/x"), Catch::Contains("\"register\""));
    CHECK_THROWS_WITH(server_named(catalog, "kamalio", "/x"), Catch::Contains("\"kamailio\""));
    CHECK_THROWS_WITH(host_named(catalog, "zzzzzzzz", "/x"), Catch::Contains("known: "));
    CHECK_THROWS_WITH(tls_named(catalog, "rsa2048", "/x"), Catch::Contains("\"rsa-2048\""));
    CHECK_THROWS_WITH(srtp_suite_named(catalog, "AES_CM_128_HMAC_SHA1_88", "/x"),
                      Catch::StartsWith("/x: ") && Catch::Contains("AES_CM_128_HMAC_SHA1_80"));
}

TEST_CASE("yardsticks of a host or server are read whole or not at all", "[catalog]") {
    const std::string speeds =
        R"("yardsticks": {"packet_io": 1, "parsing": 2, "symmetric": 3, "asymmetric": 4})";
    const Catalog catalog =
        load_catalog({patch("hosts", "mine",
                            R"({"source": "measured", "derating_fraction": 0.1,
                          "speed_spread_fraction": 2, "fingerprint": {"kernel": "Linux", "n": 2}, )" +
                                speeds + "}"),
                      patch("servers", "kamailio", "{\"host\": \"mine\", " + speeds + "}")});
    const HostModel& host = catalog.hosts.at("mine");
    REQUIRE(host.yardsticks.has_value());
    CHECK(host.yardsticks->speeds_per_s == YardstickFactors{1, 2, 3, 4});
    CHECK(host.derating_fraction == 0.1);
    CHECK(host.speed_spread_fraction == 2);
    CHECK(catalog.servers.at("kamailio").host == "mine");
    CHECK(catalog.servers.at("kamailio").yardsticks.has_value());
    CHECK_FALSE(catalog.servers.at("rtpengine").yardsticks.has_value());
    CHECK(catalog.hosts.at("raspberry-pi-4").derating_fraction == 0);

    const std::string wrong =
        error_of({patch("hosts", "mine", R"({"source": "measured", "derating_fraction": 1,
                                    "yardsticks": {"parsing": 0, "symetric": 1}})")});
    for (const char* place : {"/derating_fraction", "/yardsticks/parsing", "/yardsticks/symetric",
                              "/yardsticks/packet_io", "/yardsticks/asymmetric"}) {
        CHECK(wrong.find(std::string("/models/hosts/mine") + place) != std::string::npos);
    }
}

TEST_CASE("a host profile tells all its faults, with its file", "[catalog]") {
    const auto faults = [](const std::string& text) -> std::string {
        try {
            read_host_profile(text, "h.json");
        } catch (const InputError& error) {
            return error.what();
        }
        return "no error";
    };
    CHECK(faults(R"({"name": "a", "source": "measured"})") == "no error");
    const std::string wrong = faults(R"({"name": "", "cores": -1, "derating_percent": 100})");
    CHECK(wrong.find("h.json: /name") != std::string::npos);
    CHECK(wrong.find("h.json: /source") != std::string::npos);
    CHECK(wrong.find("h.json: /cores") != std::string::npos);
    CHECK(wrong.find("h.json: /derating_percent") != std::string::npos);
    CHECK(faults("{").find("h.json:1:") != std::string::npos);
    CHECK(faults("[]").find("h.json") != std::string::npos);
}
