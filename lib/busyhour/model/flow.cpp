#include "busyhour/model/flow.h"

#include <algorithm>
#include <set>

namespace busyhour {

bool is_request(const FlowMessage& message) {
    return !message.message.empty() && (message.message[0] < '0' || message.message[0] > '9');
}

FlowCount count_at(const Flow& flow, std::string_view element) {
    FlowCount count;
    std::set<std::string> served;
    std::set<std::string> sent;
    for (const FlowMessage& message : flow.messages) {
        const bool starts_transaction = is_request(message) && !message.transaction.empty();
        if (message.to == element) {
            ++count.messages_in;
            count.in_bytes += message.size_bytes;
            count.requests_in += is_request(message) ? 1 : 0;
            if (starts_transaction) served.insert(message.transaction);
        }
        if (message.from == element) {
            ++count.messages_out;
            count.out_bytes += message.size_bytes;
            if (starts_transaction) sent.insert(message.transaction);
        }
    }
    count.transactions_server = static_cast<int>(served.size());
    count.transactions_client = static_cast<int>(sent.size());
    return count;
}

std::vector<FlowMessage> messages_between(const Flow& flow, std::string_view one,
                                          std::string_view other) {
    std::vector<FlowMessage> found;
    for (const FlowMessage& message : flow.messages) {
        const bool is_between = (message.from == one && message.to == other) ||
                                (message.from == other && message.to == one);
        if (is_between) found.push_back(message);
    }
    return found;
}

std::string server_element(const Flow& flow) {
    for (const std::string_view wanted : {"registrar", "proxy", "proxy_1"}) {
        if (std::find(flow.elements.begin(), flow.elements.end(), wanted) != flow.elements.end()) {
            return std::string(wanted);
        }
    }
    return flow.elements.empty() ? std::string{} : flow.elements.back();
}

}  // namespace busyhour
