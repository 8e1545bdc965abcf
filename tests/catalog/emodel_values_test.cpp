#include "busyhour/catalog/emodel_values.h"

#include "busyhour/catalog/catalog.h"
#include "busyhour/error.h"
#include "busyhour/model/emodel.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <string>

using namespace busyhour;

namespace {

ModelPatch own(const std::string& name, const std::string& patch) {
    return {.kind = "emodel",
            .name = name,
            .patch = parse_json(patch, "patch"),
            .origin = "/models/emodel/" + name};
}

}  // namespace

TEST_CASE("the built-in E-model values are those of G.113", "[catalog][emodel][table]") {
    const Catalog catalog = load_catalog();
    struct Row {
        EmodelChoice choice;
        double ie;
        double bpl;
    };
    const std::vector<Row> rows{
        {{.codec = "PCMU", .bit_rate_bits_per_s = 64000}, 0, 25.1},
        {{.codec = "PCMA", .bit_rate_bits_per_s = 64000, .is_concealed = false}, 0, 4.3},
        {{.codec = "G729", .bit_rate_bits_per_s = 8000}, 11, 19},
        {{.codec = "G723", .bit_rate_bits_per_s = 6300}, 15, 16.1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.choice.codec);
        const EmodelValues* values = emodel_values(catalog, row.choice);
        REQUIRE(values != nullptr);
        CHECK(values->equipment_impairment_factor == row.ie);
        CHECK(values->loss_robustness_factor == row.bpl);
    }
}

TEST_CASE("each Ie without loss agrees with a published delay bound", "[catalog][emodel][table]") {
    // Table 3 gives the delay at which codec and delay have used up an impairment of 24.
    const Catalog catalog = load_catalog();
    for (const test::TableRow& row : test::read_table("emodel_delay_bounds.csv")) {
        CAPTURE(row.text("entry"));
        VoicePath path;
        path.absolute_delay_s = row.number("bound_ms") / 1000;
        const double ie_factor = catalog.emodel.at(row.text("entry")).equipment_impairment_factor;
        CHECK(ie_factor + rate_narrowband(path).delay_impairment_factor ==
              Approx(24).margin(0.2).epsilon(0));
    }
}

TEST_CASE("codecs without published values have none", "[catalog][emodel]") {
    const Catalog catalog = load_catalog();
    for (const char* codec : {"opus", "G722", "iLBC", "EVS", "AMR-WB", "L16", "speex"}) {
        CAPTURE(codec);
        CHECK(emodel_values(catalog, {.codec = codec}) == nullptr);
    }
    CHECK(emodel_values(catalog, {.codec = "AMR", .bit_rate_bits_per_s = 4750}) == nullptr);
    CHECK(emodel_values(catalog, {.codec = "G729", .is_concealed = false}) == nullptr);
    const EmodelValues* lossless = emodel_values(catalog, {.codec = "GSM"});
    REQUIRE(lossless != nullptr);
    CHECK_FALSE(lossless->loss_robustness_factor.has_value());
}

TEST_CASE("scales are never mixed", "[catalog][emodel]") {
    const Catalog catalog = load_catalog();
    const EmodelValues* fullband = emodel_values(catalog, {.codec = "opus", .is_fullband = true});
    REQUIRE(fullband != nullptr);
    CHECK(fullband->equipment_impairment_factor == 10.2);
    CHECK(emodel_values(catalog, {.codec = "PCMU", .is_fullband = true}) == nullptr);
}

TEST_CASE("the user's own values come before the built-in ones", "[catalog][emodel]") {
    const Catalog catalog = load_catalog(
        {own("mine", R"({"codec": "g729", "source": "own test", "equipment_impairment": 12})"),
         own("PCMU", R"({"loss_robustness": 30})"),
         own("at-rate", R"({"codec": "PCMU", "source": "own test", "equipment_impairment": 1,
                            "bit_rate_bits_per_s": 64000})")});
    const EmodelValues* values =
        emodel_values(catalog, {.codec = "G729", .bit_rate_bits_per_s = 8000});
    REQUIRE(values != nullptr);
    CHECK(values->key == "mine");
    CHECK(emodel_values(catalog, {.codec = "PCMU", .bit_rate_bits_per_s = 64000})->key ==
          "at-rate");
    CHECK(emodel_values(catalog, {.codec = "PCMU", .bit_rate_bits_per_s = 48000})
              ->loss_robustness_factor == 30);
}

TEST_CASE("values for an unknown codec are refused with the nearest name", "[catalog][emodel]") {
    try {
        load_catalog({own("x", R"({"codec": "opsu", "source": "s", "equipment_impairment": 1})")});
        FAIL("accepted");
    } catch (const InputError& error) {
        REQUIRE(error.problems().size() == 1);
        CHECK(error.problems().front().where == "/models/emodel/x/codec");
        CHECK(error.problems().front().remedy.find("opus") != std::string::npos);
    }
}
