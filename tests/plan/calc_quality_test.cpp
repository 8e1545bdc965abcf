#include "busyhour/error.h"
#include "busyhour/plan/calculators.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace busyhour;

namespace {

Answer answer_of(const std::string& options) {
    static const Catalog catalog = load_catalog();
    return calculate("emodel", parse_json(options, "options"), catalog);
}

const Json& value(const Answer& answer, const std::string& key) {
    for (const JsonMember& member : answer.values) {
        if (member.key == key) return member.value;
    }
    throw std::runtime_error("no " + key);
}

double number(const Answer& answer, const std::string& key) {
    const double* found = value(answer, key).number();
    if (found == nullptr) throw std::runtime_error("no number " + key);
    return *found;
}

bool has_note(const Answer& answer, const std::string& words) {
    for (const std::string& note : answer.notes) {
        if (note.find(words) != std::string::npos) return true;
    }
    return false;
}

std::string error_of(const std::string& options) {
    try {
        answer_of(options);
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("calc emodel without options is the default connection", "[plan][calc][emodel]") {
    const Answer answer = answer_of("{}");
    CHECK(number(answer, "r_factor") == Approx(93.20621).margin(1e-5).epsilon(0));
    CHECK(number(answer, "mos") == Approx(4.4094).margin(1e-4).epsilon(0));
    CHECK(to_json_text(value(answer, "users")) == R"("very satisfied")");
}

TEST_CASE("calc emodel takes the delay as mouth to ear and says so", "[plan][calc][emodel]") {
    const Answer answer = answer_of(R"({"one_way_delay_ms": 300})");
    CHECK(number(answer, "r_factor") == Approx(72.66636).margin(1e-5).epsilon(0));
    CHECK(number(answer, "r_factor_without_round_trip") ==
          Approx(73.61157).margin(1e-5).epsilon(0));
    CHECK(has_note(answer, "Tr = 600 ms (twice as much). With Tr = 0"));
    const Answer zero = answer_of(R"({"one_way_delay_ms": 300, "round_trip_delay_ms": 0})");
    CHECK(number(zero, "r_factor") == Approx(73.61157).margin(1e-5).epsilon(0));
}

TEST_CASE("calc emodel knows the codecs of G.113", "[plan][calc][emodel][table]") {
    const Answer g729 = answer_of(R"({"codec": "g729", "one_way_delay_ms": 150,
                                       "round_trip_delay_ms": 0, "loss_percent": 1})");
    CHECK(number(g729, "r_factor") == Approx(75.03083).margin(1e-5).epsilon(0));
    CHECK(number(g729, "ie") == 11);
    CHECK(number(g729, "bpl") == 19);
    const Answer burst = answer_of(R"({"one_way_delay_ms": 150, "loss_percent": 1,
                                        "burst_ratio": 2})");
    CHECK(number(burst, "r_factor") == Approx(85.82819).margin(1e-5).epsilon(0));
    const Answer silent = answer_of(R"({"loss_percent": 2, "concealment": "none"})");
    CHECK(number(silent, "r_factor") == Approx(63.05).margin(0.006).epsilon(0));
    CHECK(has_note(answer_of(R"({"loss_percent": 2})"), "R would be 63.05"));
}

TEST_CASE("calc emodel shows impairments that add up", "[plan][calc][emodel][identity]") {
    const Answer a = answer_of(R"({"codec": "G723", "one_way_delay_ms": 250, "loss_percent": 3,
                                    "echo_loss_db": 40, "advantage_factor": 5})");
    CHECK(number(a, "r_factor") ==
          Approx(number(a, "ro") - number(a, "is") - number(a, "idte") - number(a, "idle") -
                 number(a, "idd") - number(a, "ie_eff") + 5));
    CHECK(number(a, "is") == Approx(number(a, "iolr") + number(a, "ist") + number(a, "iq")));
}

TEST_CASE("calc emodel asks for what is not published", "[plan][calc][emodel][errors]") {
    CHECK(error_of(R"({"codec": "opus"})").find("no published Ie of opus") != std::string::npos);
    CHECK(error_of(R"({"codec": "GSM", "loss_percent": 1})").find("no published Bpl of GSM") !=
          std::string::npos);
    CHECK(error_of(R"({"codec": "PCMU", "equipment_impairment": 5, "loss_percent": 1})")
              .find("/loss_robustness") != std::string::npos);
    const Answer own = answer_of(R"({"codec": "opus", "equipment_impairment": 11,
                                      "loss_robustness": 19, "loss_percent": 2})");
    CHECK(number(own, "ie_eff") == Approx(19).margin(1e-9));
    CHECK(error_of(R"({"codec": "PCMX"})").find("unknown codec") != std::string::npos);
}

TEST_CASE("calc emodel labels the fullband scale second-hand", "[plan][calc][emodel]") {
    const Answer answer = answer_of(R"({"codec": "opus", "scale": "fullband"})");
    CHECK(number(answer, "r_factor") == Approx(148 - 10.2));
    CHECK(has_note(answer, "second-hand"));
    CHECK_THROWS_AS(value(answer, "category"), std::runtime_error);
    CHECK(error_of(R"({"codec": "PCMU", "scale": "fullband"})").find("fullband scale") !=
          std::string::npos);
}
