#pragma once

#include "busyhour/catalog/catalog.h"
#include "engine/load/counters.h"

#include <array>
#include <map>
#include <string>

namespace busyhour::engine::load {

/// Messages by method and direction, as seen by the user agents of a flow: requests sent, requests
/// received, responses sent, responses received.
using FlowCounts = std::map<std::string, std::array<std::uint64_t, 4>>;

/// What the catalogue's flow says for so many sessions. A response counts for the method of its
/// transaction's request.
inline FlowCounts predicted_counts(const busyhour::Flow& flow, std::uint64_t sessions) {
    const std::string server = server_element(flow);
    std::map<std::string, std::string> method_of_transaction;
    FlowCounts counts;
    for (const FlowMessage& message : flow.messages) {
        const bool is_to_server = message.to == server;
        if (is_request(message)) {
            // The ACK of a failure is of the INVITE's transaction, and no other method's.
            method_of_transaction.try_emplace(message.transaction, message.message);
            counts[message.message][is_to_server ? 0 : 1] += sessions;
        } else {
            counts[method_of_transaction.at(message.transaction)][is_to_server ? 2 : 3] += sessions;
        }
    }
    return counts;
}

inline FlowCounts counted(const Counters& counters) {
    FlowCounts counts;
    for (std::size_t method = 0; method < counters.methods.size(); ++method) {
        const MethodTally& tally = counters.methods[method];
        const std::array<std::uint64_t, 4> row{
            tally.requests_sent.messages_number, tally.requests_received.messages_number,
            tally.responses_sent.messages_number, tally.responses_received.messages_number};
        if (row[0] + row[1] + row[2] + row[3] > 0) {
            counts[std::string(sip::method_name(static_cast<sip::Method>(method)))] = row;
        }
    }
    return counts;
}

}  // namespace busyhour::engine::load
