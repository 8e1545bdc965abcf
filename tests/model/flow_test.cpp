#include "busyhour/model/flow.h"

#include "busyhour/catalog/catalog.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>

using namespace busyhour;

namespace {

const Catalog& catalog() {
    static const Catalog built_in = load_catalog();
    return built_in;
}

const Flow& flow(const std::string& name) {
    return flow_named(catalog(), name, "flow");
}

FlowMessage named(const std::string& message) {
    FlowMessage result;
    result.message = message;
    return result;
}

int messages_at(const std::string& name, const std::string& element) {
    if (element == "all") return static_cast<int>(flow(name).messages.size());
    return count_at(flow(name), element).messages();
}

}  // namespace

TEST_CASE("flows have the published counts of messages", "[model][flow][table]") {
    std::set<std::string> seen;
    for (const auto& row : test::read_table("flows.csv")) {
        CAPTURE(row.text("flow"), row.text("element"), row.text("source"));
        CHECK(messages_at(row.text("flow"), row.text("element")) == row.integer("messages"));
        seen.insert(row.text("flow"));
    }
    CHECK(seen.size() == 23);  // each flow of RFC 3665 and its kin that the table names
}

TEST_CASE("a request has a method, a response a status code", "[model][flow]") {
    for (const std::string method : {"INVITE", "ACK", "KDMQ", "Binding-request", "ping"}) {
        CHECK(is_request(named(method)));
    }
    for (const std::string code : {"100", "200", "401", "603"}) {
        CHECK_FALSE(is_request(named(code)));
    }
    CHECK_FALSE(is_request(named("")));
}

TEST_CASE("what one element sends, another receives", "[model][flow][identity]") {
    for (const auto& [name, each] : catalog().flows) {
        CAPTURE(name);
        int in = 0;
        int out = 0;
        double in_bytes = 0;
        double out_bytes = 0;
        for (const std::string& element : each.elements) {
            const FlowCount count = count_at(each, element);
            in += count.messages_in;
            out += count.messages_out;
            in_bytes += count.in_bytes;
            out_bytes += count.out_bytes;
        }
        CHECK(in == static_cast<int>(each.messages.size()));
        CHECK(out == in);
        CHECK(out_bytes == Approx(in_bytes));
        CHECK(in_bytes > 0);
    }
}

TEST_CASE("the hops of an element add up to all it sees", "[model][flow][identity]") {
    for (const auto& [name, each] : catalog().flows) {
        for (const std::string& element : each.elements) {
            CAPTURE(name, element);
            std::size_t sum = 0;
            for (const std::string& other : each.elements) {
                sum += messages_between(each, element, other).size();
            }
            CHECK(sum == static_cast<std::size_t>(count_at(each, element).messages()));
        }
    }
}

TEST_CASE("each client transaction is a server transaction of another element",
          "[model][flow][identity]") {
    for (const auto& [name, each] : catalog().flows) {
        CAPTURE(name);
        int client = 0;
        int server = 0;
        for (const std::string& element : each.elements) {
            client += count_at(each, element).transactions_client;
            server += count_at(each, element).transactions_server;
        }
        CHECK(client == server);
    }
}

TEST_CASE("each response answers a request of its own transaction", "[model][flow][identity]") {
    for (const auto& [name, each] : catalog().flows) {
        if (each.protocol != "sip") continue;
        std::map<std::string, std::pair<std::string, std::string>> open;  // who asked whom
        for (const FlowMessage& message : each.messages) {
            CAPTURE(name, message.message, message.transaction);
            if (is_request(message)) {
                const auto asked = open.try_emplace(message.transaction, message.from, message.to);
                const bool is_alone = message.transaction.empty();
                CHECK((is_alone || asked.first->second.first == message.from));
                continue;
            }
            const auto asked = open.find(message.transaction);
            REQUIRE(asked != open.end());
            CHECK(asked->second.first == message.to);
            CHECK(asked->second.second == message.from);
        }
    }
}

TEST_CASE("transactions of a call are counted by hand", "[model][flow]") {
    // At the proxy: INVITE and BYE from the caller, INVITE and BYE to the callee; an ACK to a 2xx
    // is no transaction (RFC 3261, 17).
    const FlowCount call = count_at(flow("call"), "proxy");
    CHECK(call.messages() == 13);
    CHECK(call.messages_in == 6);  // INVITE, 180, 200, ACK, BYE, 200
    CHECK(call.messages_out == 7);
    CHECK(call.requests_in == 3);
    CHECK(call.transactions_server == 2);
    CHECK(call.transactions_client == 2);
    // A challenge adds one transaction: its ACK belongs to it.
    const FlowCount challenged = count_at(flow("call-digest"), "proxy");
    CHECK(challenged.messages() == 16);
    CHECK(challenged.transactions_server == 3);
    // CANCEL is a transaction of its own on both sides.
    const FlowCount cancelled = count_at(flow("call-cancel"), "proxy");
    CHECK(cancelled.transactions_server == 2);
    CHECK(cancelled.transactions_client == 2);
    const FlowCount digest = count_at(flow("register-digest"), "registrar");
    CHECK(digest.transactions_server == 2);
    CHECK(digest.transactions_client == 0);
    CHECK(count_at(flow("subscribe"), "registrar").transactions_client == 1);
}

TEST_CASE("the call through two proxies has the 23 messages of RFC 3665 3.2", "[model][flow]") {
    const Flow& call = flow("call-two-proxies-digest");
    REQUIRE(call.messages.size() == 23);
    const std::vector<std::string> names = {"INVITE", "407", "ACK", "INVITE", "INVITE", "100",
                                            "INVITE", "100", "180", "180",    "180",    "200",
                                            "200",    "200", "ACK", "ACK",    "ACK",    "BYE",
                                            "BYE",    "BYE", "200", "200",    "200"};  // F1 to F23
    for (std::size_t i = 0; i < names.size(); ++i) {
        CAPTURE(i + 1);
        CHECK(call.messages[i].message == names[i]);
    }
}

TEST_CASE("octets are the sum of the messages", "[model][flow]") {
    // By the sizes of the catalogue: REGISTER 700, 200 520; challenged: 700 + 900 in, 450 + 520
    // out.
    CHECK(count_at(flow("register"), "registrar").in_bytes == 700);
    CHECK(count_at(flow("register"), "registrar").out_bytes == 520);
    CHECK(count_at(flow("register-digest"), "registrar").in_bytes == 1600);
    CHECK(count_at(flow("register-digest"), "registrar").out_bytes == 970);
    // KDMQ 829 and its 200 of 371, as measured.
    CHECK(count_at(flow("dmq-usrloc"), "registrar").out_bytes == 829);
    CHECK(count_at(flow("dmq-usrloc"), "registrar").in_bytes == 371);
}

TEST_CASE("an unknown element sees nothing", "[model][flow]") {
    const FlowCount count = count_at(flow("call"), "nobody");
    CHECK(count.messages() == 0);
    CHECK(count.in_bytes + count.out_bytes == 0);
    CHECK(messages_between(flow("call"), "caller", "callee").empty());
}

TEST_CASE("the server element is the one whose load is counted", "[model][flow]") {
    CHECK(server_element(flow("call")) == "proxy");
    CHECK(server_element(flow("register")) == "registrar");
    CHECK(server_element(flow("call-two-proxies-digest")) == "proxy_1");
    CHECK(server_element(flow("call-direct")) == "callee");
    CHECK(server_element({}).empty());
}
