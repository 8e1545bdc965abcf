#include "busyhour/model/replication.h"

#include <catch2/catch.hpp>

using namespace busyhour;

TEST_CASE("each change goes to every other node", "[model][replication][table]") {
    // Measured at Kamailio 5.6.3: 1 KDMQ for a REGISTER among 2 nodes, 2 among 3.
    CHECK(broadcasts_per_s(1, 1) == 0);
    CHECK(broadcasts_per_s(1, 2) == 1);
    CHECK(broadcasts_per_s(1, 3) == 2);
    // 100,000 phones, 3600 s, 4 nodes: 166.67 messages/s, requests and answers.
    CHECK(2 * broadcasts_per_s(100000 / 3600.0, 4) == Approx(166.666667).margin(1e-6).epsilon(0));
}

TEST_CASE("pings grow with the square of the nodes", "[model][replication][identity]") {
    CHECK(pings_per_s(1, 60) == 0);
    for (int nodes = 2; nodes < 10; ++nodes) {
        CHECK(pings_per_s(nodes, 60) * 60 == Approx(nodes * (nodes - 1)));
    }
    CHECK(ping_growth_bytes(2) == 0);
    CHECK(515 + ping_growth_bytes(3) == 550);  // captured
}

TEST_CASE("a full sync has as many messages as its batches", "[model][replication][table]") {
    const SyncSizes sizes{.binding_bytes = 733, .request_bytes = 430};
    const FullSync one_each = full_sync(60, {}, sizes);
    CHECK(one_each.messages_number == 60);
    CHECK(one_each.bytes == 60 * 733);
    const FullSync batched = full_sync(60, {.batch_msg_contacts_number = 10}, sizes);
    CHECK(batched.messages_number == 6);
    // Captured: 3604 to 3632 octets for 10 contacts.
    CHECK(batched.message_bytes == Approx(3618).epsilon(0.01));
    const FullSync odd = full_sync(61, {.batch_msg_contacts_number = 10}, sizes);
    CHECK(odd.messages_number == 7);
    CHECK(odd.bytes == Approx(batched.bytes + 430 + 321));
    CHECK(full_sync(0, {}, sizes).bytes == 0);
}

TEST_CASE("the size of a message bounds its contacts", "[model][replication]") {
    const SyncSizes sizes{.binding_bytes = 829, .request_bytes = 430};
    const FullSync sync =
        full_sync(1000, {.batch_msg_contacts_number = 150, .batch_msg_size_bytes = 60000}, sizes);
    CHECK(sync.contacts_per_message_number == 144);  // 144 x 417 = 60,048: full
    CHECK(sync.message_bytes < 65507);
}

TEST_CASE("a full sync pauses after each batch", "[model][replication][table]") {
    // The README's example: 10,000 contacts, then 500 ms: 20,000 contacts/s at most.
    const FullSync sync = full_sync(
        100000, {.batch_msg_contacts_number = 50, .batch_size_number = 10000, .batch_pause_s = 0.5},
        {.binding_bytes = 829, .request_bytes = 430});
    CHECK(sync.pause_s == 5);
    CHECK(sync.messages_number == 2000);
}
