// Datagrams of a stranger to an end in mid-handshake: the first octet chooses how far it is, then
// each datagram stands behind its length of two octets. Nobody gets keys of it.

#include "engine/rtp/dtls.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace engine = busyhour::engine;
namespace rtp = busyhour::engine::rtp;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

const rtp::DtlsContext& context() {
    static const rtp::DtlsContext made;
    return made;
}

rtp::DtlsOptions options_of(rtp::DtlsRole role) {
    return {.role = role, .expected = context().fingerprint()};
}

constexpr engine::Time begin(std::chrono::hours(1));

/// Brings the datagrams of one end to the other.
void carry(rtp::DtlsDatagrams& from, rtp::DtlsAssociation& to, rtp::DtlsDatagrams& answers) {
    for (std::size_t i = 0; i < from.size(); ++i) to.receive(from[i], begin, answers);
    from.clear();
}

void feed(rtp::DtlsAssociation& end, rtp::Octets data, rtp::DtlsDatagrams& out) {
    while (data.size() >= 2) {
        const std::size_t size = std::min<std::size_t>(rtp::read16(data, 0), data.size() - 2);
        const std::vector<std::uint8_t> datagram(
            data.begin() + 2, data.begin() + 2 + static_cast<std::ptrdiff_t>(size));
        end.receive(datagram, begin, out);
        out.clear();
        data = data.subspan(2 + size);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const unsigned flights = data[0] % 5U;  // that pass before the stranger speaks
    rtp::DtlsAssociation active(context(), options_of(rtp::DtlsRole::active));
    rtp::DtlsAssociation passive(context(), options_of(rtp::DtlsRole::passive));
    rtp::DtlsDatagrams to_active;
    rtp::DtlsDatagrams to_passive;
    active.start(begin, to_passive);
    for (unsigned i = 0; i < flights; ++i) {
        if (i % 2 == 0) {
            carry(to_passive, passive, to_active);
        } else {
            carry(to_active, active, to_passive);
        }
    }
    const bool has_active_keys = active.keys().has_value();
    const bool has_passive_keys = passive.keys().has_value();
    rtp::DtlsDatagrams out;
    feed(active, rtp::Octets(data, size).subspan(1), out);
    feed(passive, rtp::Octets(data, size).subspan(1), out);
    check(active.keys().has_value() <= has_active_keys);
    check(passive.keys().has_value() <= has_passive_keys);
    active.timeout(begin + std::chrono::hours(1), out);
    passive.timeout(begin + std::chrono::hours(1), out);
    check(active.next_timeout() == engine::never && passive.next_timeout() == engine::never);
    return 0;
}
