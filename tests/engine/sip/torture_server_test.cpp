#include "server_harness.h"

#include <fstream>
#include <sstream>

namespace busyhour::engine::sip::testing {

TEST_CASE("the server answers torture messages as rfc4475 says", "[engine][sip][torture][table]") {
    struct Row {
        const char* name;
        int status_code;  ///< 0: no answer
    };
    const std::vector<Row> rows{
        {"3.1.2.1-badinv01", 400}, {"3.1.2.2-clerr", 400},       {"3.1.2.3-ncl", 400},
        {"3.1.2.4-scalar02", 400}, {"3.1.2.5-scalarlg", 0},      {"3.1.2.6-quotbal", 400},
        {"3.1.2.7-ltgtruri", 400}, {"3.1.2.8-lwsruri", 400},     {"3.1.2.9-lwsstart", 400},
        {"3.1.2.10-trws", 400},    {"3.1.2.11-escruri", 400},    {"3.1.2.13-regbadct", 400},
        {"3.1.2.16-badvers", 505}, {"3.1.2.17-mismatch01", 400}, {"3.1.2.18-mismatch02", 400},
        {"3.1.2.19-bigcode", 0},   {"3.3.1-insuf", 0},           {"3.3.2-unkscm", 416},
        {"3.3.3-novelsc", 416},    {"3.3.4-unksm2", 404},        {"3.3.5-bext01", 420},
        {"3.3.8-multi01", 400},    {"3.3.9-mcl01", 400},         {"3.3.10-bcast", 0},
        {"3.3.11-zeromf", 483},    {"3.3.12-cparam01", 200},     {"3.3.13-cparam02", 200},
        {"3.3.14-regescrt", 200},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        std::ifstream file(
            std::string(BUSYHOUR_SOURCE_DIR) + "/data/sip/torture/" + row.name + ".sip",
            std::ios::binary);
        std::ostringstream read;
        read << file.rdbuf();
        REQUIRE(!read.str().empty());
        Harness h;
        const auto sent = h.give(read.str());
        CHECK((sent.empty() ? 0 : sent[0].status()) == row.status_code);
    }
}

}  // namespace busyhour::engine::sip::testing
