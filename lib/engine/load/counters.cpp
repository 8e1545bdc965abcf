#include "engine/load/counters.h"

namespace busyhour::engine::load {
namespace {

void add(Tally& sum, const Tally& part) noexcept {
    sum.messages_number += part.messages_number;
    sum.octets += part.octets;
}

}  // namespace

MethodTally& MethodTally::operator+=(const MethodTally& other) noexcept {
    add(requests_sent, other.requests_sent);
    add(requests_received, other.requests_received);
    add(responses_sent, other.responses_sent);
    add(responses_received, other.responses_received);
    return *this;
}

MethodTally Counters::total() const noexcept {
    MethodTally sum;
    for (const MethodTally& method : methods) sum += method;
    return sum;
}

}  // namespace busyhour::engine::load
