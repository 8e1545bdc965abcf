#include "engine/sip/location.h"

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace busyhour::engine::sip {

namespace {

constexpr std::array<std::uint8_t, 16> secret{7};
constexpr Time start{std::chrono::hours(1)};

ContactUpdate for_minute(std::string_view uri) {
    ContactUpdate contact;
    contact.uri = uri;
    contact.expires_s = 60;
    return contact;
}

/// Registers `contacts` for `user` and gives what became of it.
BindingResult register_user(Location& location, const std::string& user, std::uint32_t sequence,
                            const std::vector<ContactUpdate>& contacts,
                            const std::string& path = "") {
    std::vector<char> text(65536);
    Writer writer(text);
    const BindingUpdate update{.aor = location.key(user, "example.com"),
                               .call_id = 1,
                               .sequence = sequence,
                               .flow = {},
                               .path = path,
                               .contacts = contacts,
                               .removes_all = false};
    return location.update(update, start, writer).result;
}

}  // namespace

TEST_CASE("a REGISTER that does not fit whole changes nothing", "[engine][sip][location]") {
    const std::vector<ContactUpdate> contacts{for_minute("sip:a@192.0.2.1"),
                                              for_minute("sip:b@192.0.2.1")};
    int refused = 0;
    int done = 0;
    for (std::size_t octets = 100; octets < 8000; octets += 100) {
        Location location(4, 4, secret);
        REQUIRE(register_user(location, "alice", 1, contacts) == BindingResult::done);
        const std::string path(octets, 'p');
        const auto result = register_user(location, "alice", 2, contacts, path);
        (result == BindingResult::full ? refused : done) += 1;
        std::array<Target, 4> targets;
        std::vector<char> texts(65536);
        const auto found =
            location.find(location.key("alice", "example.com"), 1001, start, targets, texts);
        REQUIRE(found == 2);
        CHECK(location.bindings() == 2);
        CHECK(targets[0].path.size() == targets[1].path.size());
        CHECK(targets[0].path.empty() == (result == BindingResult::full));
        // The number of the refused one was not taken over either.
        const auto between = register_user(location, "alice", 1, contacts);
        CHECK((between == BindingResult::done) == (result == BindingResult::full));
    }
    CHECK(refused > 0);
    CHECK(done > 0);
}

TEST_CASE("workers share one table of bindings", "[engine][sip][location]") {
    constexpr unsigned workers = 4;
    constexpr int users = 200;
    Location location(users, 4, secret);
    std::array<int, workers> refused{};
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < workers; ++worker) {
        threads.emplace_back([&location, &refused, worker] {
            for (int i = 0; i < 1000; ++i) {
                const std::string user = "user" + std::to_string(i % users);
                const auto result =
                    register_user(location, user, 1, {for_minute("sip:u@192.0.2.1")});
                if (result != BindingResult::done) ++refused[worker];
                location.expire(worker, workers, start);
                std::array<Target, 1> targets;
                std::array<char, 256> texts{};
                const Hash128 aor = location.key(user, "example.com");
                if (location.find(aor, 1001, start, targets, texts) != 1) ++refused[worker];
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(refused == std::array<int, workers>{});
    CHECK(location.bindings() == users);
    for (unsigned worker = 0; worker < workers; ++worker) {
        location.expire(worker, workers, start + std::chrono::seconds(120));
    }
    CHECK(location.bindings() == 0);
}

}  // namespace busyhour::engine::sip
