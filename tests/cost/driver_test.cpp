#include "busyhour/cost/driver.h"

#include <catch2/catch.hpp>

#include <set>
#include <string_view>

using namespace busyhour;

TEST_CASE("each driver is found by its own name, and no two share one",
          "[cost][driver][identity]") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < driver_count; ++i) {
        const auto driver = static_cast<Driver>(i);
        CAPTURE(name_of(driver));
        REQUIRE(driver_named(name_of(driver)));
        CHECK(*driver_named(name_of(driver)) == driver);
        CHECK_FALSE(driver_labels().at(i).words.empty());
        names.insert(name_of(driver));
    }
    CHECK(names.size() == driver_count);
    CHECK_FALSE(driver_named("no such driver"));
}

TEST_CASE("each resource is found by its own name, and no two share one",
          "[cost][driver][identity]") {
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < resource_count; ++i) {
        const auto resource = static_cast<Resource>(i);
        REQUIRE(resource_named(name_of(resource)));
        CHECK(*resource_named(name_of(resource)) == resource);
        names.insert(name_of(resource));
    }
    CHECK(names.size() == resource_count);
    CHECK(short_name_of(Resource::cpu_cores) == "cpu");
    CHECK_FALSE(resource_named("disk"));
}

TEST_CASE("what waits in a queue is no table", "[cost][driver]") {
    const auto kind_of = [](Resource resource) {
        return resource_labels().at(index_of(resource)).kind;
    };
    CHECK(kind_of(Resource::cpu_cores) == ResourceKind::queue);
    CHECK(kind_of(Resource::packets_per_s) == ResourceKind::queue);
    CHECK(kind_of(Resource::bits_per_s) == ResourceKind::queue);
    CHECK(kind_of(Resource::memory_bytes) == ResourceKind::table);
    CHECK(kind_of(Resource::connections) == ResourceKind::table);
    CHECK(kind_of(Resource::udp_ports) == ResourceKind::table);
}

TEST_CASE("demands add and scale driver by driver", "[cost][driver][identity]") {
    Demand demand;
    demand[Driver::registrations] = 3;
    demand[Driver::relay_ports] = 4;
    Demand other;
    other[Driver::registrations] = 10;
    demand += other;
    demand = demand * 2;
    CHECK(demand[Driver::registrations] == 26);
    CHECK(demand[Driver::relay_ports] == 8);
    CHECK(demand[Driver::contacts] == 0);
}
