#include "engine/measure/experiment.h"

#include "engine/io/address.h"
#include "engine/measure/campaign.h"
#include "engine/measure/processor.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <unistd.h>

using busyhour::Demand;
using busyhour::Driver;
using busyhour::engine::io::parse_address;
namespace measure = busyhour::engine::measure;

namespace {

measure::Subject registrar_over_udp() {
    measure::Subject subject;
    subject.udp = parse_address("udp:127.0.0.1:5060");
    return subject;
}

std::set<std::string> names_of(const measure::Subject& subject, bool is_quick) {
    std::set<std::string> names;
    for (const auto& experiment : measure::experiments_for(subject, is_quick)) {
        names.insert(experiment.name);
    }
    return names;
}

}  // namespace

TEST_CASE("a subject takes part in what it listens for", "[measure]") {
    measure::Subject subject = registrar_over_udp();
    CHECK(names_of(subject, true) ==
          std::set<std::string>{"refresh-udp", "call-udp", "register-udp-new", "options-udp"});
    subject.users = {{"user", "secret", "127.0.0.1"}};  // no user of its file is new
    CHECK_FALSE(names_of(subject, true).contains("register-udp-new"));
    subject.routes_calls = false;
    CHECK_FALSE(names_of(subject, true).contains("call-udp"));
    measure::Subject relay;
    relay.ng = parse_address("udp:127.0.0.1:2223");
    CHECK(names_of(relay, true) == std::set<std::string>{"relay-plain", "relay-srtp"});
    CHECK(names_of(relay, false).size() > 2);
}

TEST_CASE("a full campaign tells every cost of a quick one", "[measure]") {
    measure::Subject subject = registrar_over_udp();
    subject.tcp = parse_address("tcp:127.0.0.1:5060");
    subject.tls = parse_address("tls:127.0.0.1:5061");
    const auto quick = names_of(subject, true);
    const auto full = names_of(subject, false);
    CHECK(std::includes(full.begin(), full.end(), quick.begin(), quick.end()));
}

TEST_CASE("the demand of a workload is the sum of its parts", "[measure][identity]") {
    const measure::Subject subject = registrar_over_udp();
    const measure::Workload mix{"mix",
                                {{{.name = "refresh-udp", .flow = "refresh"}, 0.7},
                                 {{.name = "call-udp", .flow = "call"}, 0.2},
                                 {{.name = "options-udp", .flow = "options"}, 0.1}}};
    const Demand demand = measure::expected_demand(mix, subject);
    CHECK(demand[Driver::registrations] == Approx(0.7));
    CHECK(demand[Driver::call_attempts] == Approx(0.2));
    CHECK(demand[Driver::unwanted_answered] == Approx(0.1));
    CHECK(demand[Driver::udp_messages] == Approx(0.7 * 2 + 0.2 * 13 + 0.1 * 2));
}

TEST_CASE("workloads for verification are none of the experiments", "[measure]") {
    measure::Subject subject = registrar_over_udp();
    subject.tcp = parse_address("tcp:127.0.0.1:5060");
    subject.tls = parse_address("tls:127.0.0.1:5061");
    subject.ng = parse_address("udp:127.0.0.1:2223");
    const auto experiments = names_of(subject, false);
    const auto workloads = measure::verification_workloads(subject);
    CHECK(workloads.size() >= 6);
    for (const auto& workload : workloads) {
        CHECK_FALSE(experiments.contains(workload.name));
        double sum = 0;
        for (const auto& part : workload.parts) sum += part.fraction;
        CHECK(sum == Approx(1));
    }
}

TEST_CASE("pinned processes go back to where they were", "[measure]") {
    const std::vector<int> self{static_cast<int>(getpid())};
    const std::vector<int> before = measure::processors_of(self);
    REQUIRE_FALSE(before.empty());
    {
        const measure::PinnedProcesses pinned(self, {before.front()});
        CHECK(measure::processors_of(self) == std::vector<int>{before.front()});
    }
    CHECK(measure::processors_of(self) == before);
    CHECK(measure::busy_s_of(before).value_or(-1) >= 0);
    CHECK_FALSE(measure::busy_s_of({100'000}).has_value());
}
