#include "engine/io/stream_table.h"

#include "engine/io/buffer_pool.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>

namespace busyhour::engine::io {
namespace {

Peer peer_of(std::uint16_t port) {
    return {.port = port, .transport = Transport::tcp};
}

TEST_CASE("a connection number is found while the connection lives and not after", "[engine][io]") {
    StreamTable table(3, 2);
    const std::uint32_t one = table.take(peer_of(1), Waiting::first, Time{});
    const std::uint32_t number = table[one].peer.connection;
    CHECK(number >> 24 == 3);
    CHECK(table.find(number) == one);
    CHECK(table.take(peer_of(2), Waiting::first, Time{}) != StreamTable::none);
    CHECK(table.take(peer_of(3), Waiting::first, Time{}) == StreamTable::none);
    table.release(one);
    CHECK(table.find(number) == StreamTable::none);
    const std::uint32_t again = table.take(peer_of(1), Waiting::first, Time{});
    CHECK(again == one);
    CHECK(table[again].peer.connection != number);
    CHECK(table.find(number) == StreamTable::none);
    CHECK(table.used_max() == 2);
}

TEST_CASE("a connection number is never 0 however often its slot is used", "[engine][io]") {
    StreamTable table(0, StreamTable::size_max);
    StreamTable one_slot(0, 1);
    for (int i = 0; i < 40; ++i) {
        const std::uint32_t index = table.take(peer_of(1), Waiting::first, Time{});
        CHECK(table[index].peer.connection != 0);
        table.release(index);
        const std::uint32_t only = one_slot.take(peer_of(1), Waiting::first, Time{});
        CHECK(one_slot[only].peer.connection != 0);
        one_slot.release(only);
    }
}

TEST_CASE("addresses are found like in a map after any takes and releases", "[engine][io]") {
    StreamTable table(0, 64);
    std::map<std::uint16_t, std::uint32_t> expected;
    std::mt19937 random(7);
    std::uniform_int_distribution<int> ports(1, 200);
    for (int i = 0; i < 20'000; ++i) {
        const auto port = static_cast<std::uint16_t>(ports(random));
        const auto found = expected.find(port);
        REQUIRE(table.find_address(peer_of(port)) ==
                (found == expected.end() ? StreamTable::none : found->second));
        if (found != expected.end()) {
            table.release(found->second);
            expected.erase(found);
        } else if (const auto index = table.take(peer_of(port), Waiting::next, Time{});
                   index != StreamTable::none) {
            expected[port] = index;
        }
    }
    CHECK(table.size() == expected.size());
}

TEST_CASE("the longest waiting is the one that began first", "[engine][io]") {
    StreamTable table(0, 3);
    const Time start{};
    const std::uint32_t one = table.take(peer_of(1), Waiting::next, start);
    const std::uint32_t two = table.take(peer_of(2), Waiting::next, start);
    CHECK(table.longest(Waiting::next) == one);
    table.wait_for(one, Waiting::next, start + std::chrono::seconds(1));
    CHECK(table.longest(Waiting::next) == two);
    table.wait_for(two, Waiting::rest, start);
    CHECK(table.longest(Waiting::next) == one);
    CHECK(table.longest(Waiting::rest) == two);
    CHECK(table.longest(Waiting::handshake) == StreamTable::none);
}

TEST_CASE("a pool lends each buffer once and takes it back", "[engine][io]") {
    BufferPool pool(2, 1);
    const auto one = pool.take(1);
    const auto two = pool.take(BufferPool::small_octets);
    CHECK(one.size() == BufferPool::small_octets);
    CHECK(one.data() != two.data());
    const auto large = pool.take(1);  // the small ones are out
    CHECK(large.size() == BufferPool::large_octets);
    CHECK(pool.take(1).empty());
    CHECK(pool.take(BufferPool::large_octets).empty());
    pool.give_back(large);
    pool.give_back(one);
    pool.give_back({});
    CHECK(pool.borrowed() == 1);
    CHECK(pool.take(BufferPool::large_octets + 1).empty());
    CHECK(pool.take(5000).data() == large.data());
    CHECK(pool.take(5).data() == one.data());
    CHECK(pool.borrowed_max() == 3);
}

}  // namespace
}  // namespace busyhour::engine::io
