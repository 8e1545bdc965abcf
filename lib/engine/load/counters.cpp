#include "engine/load/counters.h"

namespace busyhour::engine::load {
namespace {

void add(Tally& sum, const Tally& part) noexcept {
    sum.messages_number += part.messages_number;
    sum.octets += part.octets;
}

}  // namespace

MethodTally Counters::total() const noexcept {
    MethodTally sum;
    for (const MethodTally& method : methods) {
        add(sum.requests_sent, method.requests_sent);
        add(sum.requests_received, method.requests_received);
        add(sum.responses_sent, method.responses_sent);
        add(sum.responses_received, method.responses_received);
    }
    return sum;
}

}  // namespace busyhour::engine::load
