#include "engine/load/users.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

using namespace busyhour;
using namespace busyhour::engine::load;

TEST_CASE("made-up users are numbered from one with names of one length", "[engine][load]") {
    const auto users = generate_users(3, {.domain = "example.com"});
    REQUIRE(users.size() == 3);
    CHECK(users[0].name == "user000001");
    CHECK(users[2].name == "user000003");
    CHECK(users[2].password == "secret-user000003");
    CHECK(users[2].domain == "example.com");
}

TEST_CASE("users are read from rows of user and password and domain", "[engine][load]") {
    const auto users =
        read_users("user,password,domain\r\n# a comment\n alice , s3cret\nbob,x,b.example\n\n",
                   "users.csv", "example.com");
    REQUIRE(users.size() == 2);
    CHECK(users[0].name == "alice");
    CHECK(users[0].password == "s3cret");
    CHECK(users[0].domain == "example.com");
    CHECK(users[1].domain == "b.example");
}

TEST_CASE("every row that is no user is told with its place", "[engine][load]") {
    try {
        read_users("alice,a\nbob smith,b\ncarol,c,d,e\n", "users.csv", "example.com");
        FAIL("the file was taken");
    } catch (const InputError& error) {
        REQUIRE(error.problems().size() == 2);
        CHECK(error.problems()[0].where == "users.csv:2");
        CHECK(error.problems()[1].where == "users.csv:3");
    }
    CHECK_THROWS_AS(read_users("\n", "users.csv", "example.com"), InputError);
}
