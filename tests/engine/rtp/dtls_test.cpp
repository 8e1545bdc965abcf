#include "engine/rtp/dtls.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <sys/time.h>
#include <utility>
#include <vector>

namespace {

/// The time of day that OpenSSL sees, so that its timers obey the test; 0: the true one.
std::atomic<std::int64_t> time_of_day_ns{0};

}  // namespace

/// In place of the C library's, for this program and the libraries it is linked with.
extern "C" int gettimeofday(timeval* __restrict into, void* __restrict) noexcept {
    std::int64_t ns = time_of_day_ns;
    if (ns == 0) {
        timespec now{};
        clock_gettime(CLOCK_REALTIME, &now);
        ns = std::int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
    }
    into->tv_sec = static_cast<time_t>(ns / 1000000000);
    into->tv_usec = static_cast<suseconds_t>(ns % 1000000000 / 1000);
    return 0;
}

namespace dtls_test {

namespace engine = busyhour::engine;
namespace rtp = busyhour::engine::rtp;
using namespace std::chrono_literals;
using rtp::DtlsFailure;
using rtp::DtlsRole;
using rtp::DtlsState;
using rtp::SrtpSuite;

namespace {

using Datagram = std::vector<std::uint8_t>;

/// A clock of which `now` and OpenSSL's time of day are two readings.
class TestClock {
public:
    TestClock() { set(engine::Time(1h)); }
    ~TestClock() { time_of_day_ns = 0; }
    TestClock(const TestClock&) = delete;
    TestClock& operator=(const TestClock&) = delete;

    void set(engine::Time to) {
        now_ = to;
        time_of_day_ns = 1700000000000000000 + to.time_since_epoch().count();
    }
    [[nodiscard]] engine::Time now() const { return now_; }

private:
    engine::Time now_;
};

/// One test's certificates: making them for each case would take most of the time.
const rtp::DtlsContext& alice() {
    static const rtp::DtlsContext context;
    return context;
}
const rtp::DtlsContext& bob() {
    static const rtp::DtlsContext context;
    return context;
}

rtp::DtlsAssociation active_end(std::optional<rtp::Fingerprint> expected = bob().fingerprint()) {
    return {alice(), {.role = DtlsRole::active, .expected = expected}};
}
rtp::DtlsAssociation passive_end(std::optional<rtp::Fingerprint> expected = alice().fingerprint()) {
    return {bob(), {.role = DtlsRole::passive, .expected = expected}};
}

std::vector<Datagram> taken(rtp::DtlsDatagrams& out) {
    std::vector<Datagram> datagrams;
    for (std::size_t i = 0; i < out.size(); ++i) {
        datagrams.emplace_back(out[i].begin(), out[i].end());
    }
    out.clear();
    return datagrams;
}

std::vector<Datagram> started(rtp::DtlsAssociation& end, engine::Time now) {
    rtp::DtlsDatagrams out;
    end.start(now, out);
    return taken(out);
}

std::vector<Datagram> answer(rtp::DtlsAssociation& end, const std::vector<Datagram>& datagrams,
                             engine::Time now) {
    rtp::DtlsDatagrams out;
    for (const Datagram& datagram : datagrams) end.receive(datagram, now, out);
    return taken(out);
}

std::vector<Datagram> at_timeout(rtp::DtlsAssociation& end, engine::Time now) {
    rtp::DtlsDatagrams out;
    end.timeout(now, out);
    return taken(out);
}

/// The four flights of a handshake, none lost.
void shake_hands(rtp::DtlsAssociation& active, rtp::DtlsAssociation& passive, engine::Time now) {
    std::vector<Datagram> flight = started(active, now);
    for (int i = 0; i < 2; ++i) {
        flight = answer(active, answer(passive, flight, now), now);
    }
}

void check_keys_agree(const rtp::DtlsAssociation& a, const rtp::DtlsAssociation& b) {
    REQUIRE((a.keys() && b.keys()));
    CHECK(a.keys()->local == b.keys()->remote);
    CHECK(a.keys()->remote == b.keys()->local);
    CHECK(a.keys()->local.key != a.keys()->remote.key);
}

}  // namespace

TEST_CASE("Both ends of a handshake agree on keys that pass packets", "[engine][dtls]") {
    const TestClock clock;
    auto active = active_end();
    auto passive = passive_end();
    CHECK(active.state() == DtlsState::waiting);
    shake_hands(active, passive, clock.now());
    CHECK(active.state() == DtlsState::established);
    CHECK(passive.state() == DtlsState::established);
    CHECK(active.next_timeout() == engine::never);
    CHECK(passive.next_timeout() == engine::never);
    check_keys_agree(active, passive);
    CHECK(active.keys()->local.suite == SrtpSuite::aead_aes_128_gcm);

    auto sender = rtp::SrtpSender::make(active.keys()->local);
    auto receiver = rtp::SrtpReceiver::make(passive.keys()->remote);
    Datagram packet(12 + 20 + 16, 0);
    packet[0] = 0x80;
    REQUIRE(sender->protect(packet, 32).size == 48);
    CHECK(receiver->unprotect(packet).size == 32);
}

TEST_CASE("The profile is the first of the passive end's that both have", "[engine][dtls]") {
    const TestClock clock;
    struct Row {
        std::vector<SrtpSuite> active;
        std::vector<SrtpSuite> passive;
        std::optional<SrtpSuite> agreed;
    };
    constexpr auto tag80 = SrtpSuite::aes_cm_128_hmac_sha1_80;
    constexpr auto tag32 = SrtpSuite::aes_cm_128_hmac_sha1_32;
    constexpr auto gcm = SrtpSuite::aead_aes_128_gcm;
    for (const Row& row :
         {Row{{tag80}, {gcm, tag32, tag80}, tag80}, Row{{tag32, tag80}, {tag80, tag32}, tag80},
          Row{{tag80, tag32}, {tag32}, tag32}, Row{{gcm}, {gcm}, gcm},
          Row{{tag80}, {gcm}, std::nullopt}}) {
        const rtp::DtlsContext one(engine::KeyKind::ecdsa_p256, row.active);
        const rtp::DtlsContext other(engine::KeyKind::ecdsa_p256, row.passive);
        rtp::DtlsAssociation active(one,
                                    {.role = DtlsRole::active, .expected = other.fingerprint()});
        rtp::DtlsAssociation passive(other, {.expected = one.fingerprint()});
        shake_hands(active, passive, clock.now());
        if (row.agreed) {
            check_keys_agree(active, passive);
            CHECK(active.keys()->local.suite == row.agreed);
            CHECK(active.keys()->remote.suite == row.agreed);
        } else {
            CHECK(active.failure() == DtlsFailure::profile);
            CHECK_FALSE(active.keys());
            CHECK_FALSE(passive.keys());
        }
    }
}

TEST_CASE("An RSA key and certificate do as well", "[engine][dtls]") {
    const TestClock clock;
    const rtp::DtlsContext rsa(engine::KeyKind::rsa_2048);
    rtp::DtlsAssociation passive(rsa, {.expected = alice().fingerprint()});
    auto active = active_end(rsa.fingerprint());
    shake_hands(active, passive, clock.now());
    check_keys_agree(active, passive);
}

TEST_CASE("A far end of another certificate gets no keys", "[engine][dtls]") {
    const TestClock clock;
    SECTION("as the active end finds") {
        auto active = active_end(alice().fingerprint());
        auto passive = passive_end();
        shake_hands(active, passive, clock.now());
        CHECK(active.state() == DtlsState::failed);
        CHECK(active.failure() == DtlsFailure::fingerprint);
        CHECK_FALSE(active.keys());
        CHECK_FALSE(passive.keys());
    }
    SECTION("as the passive end finds") {
        auto active = active_end();
        auto passive = passive_end(bob().fingerprint());
        shake_hands(active, passive, clock.now());
        CHECK(passive.failure() == DtlsFailure::fingerprint);
        CHECK_FALSE(passive.keys());
        CHECK_FALSE(active.keys());
    }
}

TEST_CASE("Keys are withheld until the fingerprint is told", "[engine][dtls]") {
    const TestClock clock;
    auto active = active_end(std::nullopt);
    auto passive = passive_end();
    shake_hands(active, passive, clock.now());
    CHECK(active.state() == DtlsState::unverified);
    CHECK_FALSE(active.keys());
    SECTION("right") {
        active.expect(bob().fingerprint());
        CHECK(active.state() == DtlsState::established);
        check_keys_agree(active, passive);
    }
    SECTION("wrong") {
        active.expect(alice().fingerprint());
        CHECK(active.failure() == DtlsFailure::fingerprint);
        CHECK_FALSE(active.keys());
    }
    SECTION("right and then wrong") {
        active.expect(bob().fingerprint());
        active.expect(alice().fingerprint());
        CHECK(active.failure() == DtlsFailure::fingerprint);
        CHECK_FALSE(active.keys());
    }
}

TEST_CASE("Each flight that is lost is sent again a second later", "[engine][dtls]") {
    for (int lost = 0; lost < 4; ++lost) {
        CAPTURE(lost);
        TestClock clock;
        auto active = active_end();
        auto passive = passive_end();
        std::vector<Datagram> flight = started(active, clock.now());
        for (int i = 0; i < 3; ++i) {  // flights 1, 2 and 3; the fourth is the last
            rtp::DtlsAssociation& to = i % 2 == 0 ? passive : active;
            if (i == lost)
                flight = at_timeout(i % 2 == 0 ? active : passive, [&] {
                    clock.set(clock.now() + 1s);
                    return clock.now();
                }());
            REQUIRE_FALSE(flight.empty());
            flight = answer(to, flight, clock.now());
        }
        if (lost == 3) {  // the passive end is done: the active end's third flight asks for it
            CHECK(passive.state() == DtlsState::established);
            clock.set(clock.now() + 1s);
            const std::vector<Datagram> third = at_timeout(active, clock.now());
            REQUIRE_FALSE(third.empty());
            flight = answer(passive, third, clock.now());
        }
        answer(active, flight, clock.now());
        check_keys_agree(active, passive);
        CHECK(active.counts().retransmissions + passive.counts().retransmissions == 1);
    }
}

TEST_CASE("A flight waits 1 s then twice as long each time until it is given up",
          "[engine][dtls]") {
    TestClock clock;
    auto active = active_end();
    const engine::Time begin = clock.now();
    CHECK(active.next_timeout() == engine::never);
    CHECK(started(active, begin).size() == 1);
    for (const auto& due : {1s, 3s, 7s, 15s}) {
        CAPTURE(due.count());
        CHECK(active.next_timeout() == begin + due);
        clock.set(begin + due - 100ms);
        CHECK(at_timeout(active, clock.now()).empty());
        clock.set(begin + due);
        CHECK(at_timeout(active, clock.now()).size() == 1);
    }
    CHECK(active.next_timeout() == begin + 30s);  // the handshake's own end
    clock.set(begin + 30s);
    CHECK(at_timeout(active, clock.now()).empty());
    CHECK(active.failure() == DtlsFailure::timed_out);
    CHECK(active.next_timeout() == engine::never);
    CHECK(active.counts().retransmissions == 4);
    CHECK(active.counts().sent == 5);
}

TEST_CASE("A passive end waits as long as nothing comes", "[engine][dtls]") {
    TestClock clock;
    auto passive = passive_end();
    CHECK(started(passive, clock.now()).empty());
    CHECK(passive.next_timeout() == engine::never);
    clock.set(clock.now() + 1h);
    CHECK(at_timeout(passive, clock.now()).empty());
    auto active = active_end();
    shake_hands(active, passive, clock.now());
    check_keys_agree(active, passive);
}

TEST_CASE("Datagrams that come twice or in another order do no harm", "[engine][dtls]") {
    const TestClock clock;
    auto active = active_end();
    auto passive = passive_end();
    std::vector<Datagram> flight = started(active, clock.now());
    for (int i = 0; i < 4; ++i) {
        std::vector<Datagram> twice(flight.rbegin(), flight.rend());
        twice.insert(twice.end(), flight.begin(), flight.end());
        flight = answer(i % 2 == 0 ? passive : active, twice, clock.now());
    }
    check_keys_agree(active, passive);
}

TEST_CASE("No datagram of a handshake is longer than the path takes", "[engine][dtls]") {
    const TestClock clock;
    const rtp::DtlsContext rsa(engine::KeyKind::rsa_2048);
    rtp::DtlsAssociation passive(rsa, {.expected = alice().fingerprint()});
    auto active = active_end(rsa.fingerprint());
    std::vector<Datagram> flight = started(active, clock.now());
    for (int i = 0; i < 4; ++i) {
        for (const Datagram& datagram : flight) CHECK(datagram.size() <= 1200);
        flight = answer(i % 2 == 0 ? passive : active, flight, clock.now());
    }
    check_keys_agree(active, passive);
}

TEST_CASE("Garbage is counted and disturbs no handshake", "[engine][dtls]") {
    const TestClock clock;
    const std::vector<Datagram> garbage = {
        {},
        {22},
        Datagram(12, 22),
        Datagram(2000, 0x80),
        Datagram(20000, 22),
        {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 4, 1, 2, 3},         // shorter than it says
        {21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40},           // an alert of nobody
        {21, 254, 255, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0},            // a farewell of nobody
        {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0},  // STUN
    };
    auto active = active_end();
    auto passive = passive_end();
    CHECK(answer(active, garbage, clock.now()).empty());
    std::vector<Datagram> flight = started(active, clock.now());
    for (int i = 0; i < 4; ++i) {
        CHECK(answer(active, garbage, clock.now()).empty());
        CHECK(answer(passive, garbage, clock.now()).empty());
        flight = answer(i % 2 == 0 ? passive : active, flight, clock.now());
    }
    check_keys_agree(active, passive);
    CHECK(passive.counts().ignored == 4 * garbage.size());
    CHECK(active.counts().ignored == 5 * garbage.size());
    CHECK(passive.counts().received > passive.counts().ignored);
}

TEST_CASE("Records that nobody could have sealed are passed over", "[engine][dtls]") {
    const TestClock clock;
    auto active = active_end();
    auto passive = passive_end();
    const auto forge = [](std::uint8_t type) {
        Datagram record(13 + 40, 0x5a);
        const Datagram header = {type, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 40};  // of epoch 1
        std::copy(header.begin(), header.end(), record.begin());
        return record;
    };
    const std::vector<Datagram> forged = {forge(22), forge(21)};
    std::vector<Datagram> flight = started(active, clock.now());
    for (int i = 0; i < 4; ++i) {
        answer(active, forged, clock.now());
        answer(passive, forged, clock.now());
        flight = answer(i % 2 == 0 ? passive : active, flight, clock.now());
    }
    check_keys_agree(active, passive);
    answer(active, forged, clock.now());
    answer(passive, forged, clock.now());
    CHECK(active.state() == DtlsState::established);
    CHECK(passive.state() == DtlsState::established);
}

TEST_CASE("A passive end survives broken first messages and gives up at last", "[engine][dtls]") {
    const TestClock clock;
    auto passive = passive_end();
    // A ClientHello whose body is too short for one.
    const Datagram broken = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 1, 0,
                             0,  4,   0,   0, 0, 0, 0, 0, 0, 4, 9, 9, 9,  9};
    for (std::uint64_t i = 1; i <= 3; ++i) {
        CHECK(answer(passive, {broken}, clock.now()).empty());
        CHECK(passive.state() == DtlsState::waiting);
        CHECK(passive.counts().restarts == i);
    }
    CHECK(passive.next_timeout() == engine::never);
    SECTION("the right one still gets through") {
        auto active = active_end();
        shake_hands(active, passive, clock.now());
        check_keys_agree(active, passive);
    }
    SECTION("but not for ever") {
        for (int i = 0; i < 20; ++i) answer(passive, {broken}, clock.now());
        CHECK(passive.state() == DtlsState::failed);
        CHECK(passive.failure() == DtlsFailure::handshake);
        CHECK(passive.counts().restarts == 16);
    }
}

TEST_CASE("An end says farewell and the other takes it", "[engine][dtls]") {
    const TestClock clock;
    auto active = active_end();
    auto passive = passive_end();
    shake_hands(active, passive, clock.now());
    rtp::DtlsDatagrams out;
    active.close(out);
    CHECK(active.state() == DtlsState::closed);
    const std::vector<Datagram> farewell = taken(out);
    REQUIRE(farewell.size() == 1);
    answer(passive, farewell, clock.now());
    CHECK(passive.state() == DtlsState::closed);
    CHECK(answer(active, farewell, clock.now()).empty());
    active.close(out);
    CHECK(out.size() == 0);
}

TEST_CASE("A moved association goes on", "[engine][dtls]") {
    const TestClock clock;
    auto active = active_end();
    auto passive = passive_end();
    const std::vector<Datagram> first = started(active, clock.now());
    const std::vector<Datagram> second = answer(passive, first, clock.now());
    auto moved = std::move(active);
    auto other = std::move(passive);
    answer(moved, answer(other, answer(moved, second, clock.now()), clock.now()), clock.now());
    check_keys_agree(moved, other);
}

TEST_CASE("Datagrams without room are dropped and counted", "[engine][dtls]") {
    rtp::DtlsDatagrams out;
    for (std::size_t i = 0; i < rtp::DtlsDatagrams::datagrams_max; ++i) {
        CHECK(out.add(Datagram(1200, 7)));
    }
    CHECK_FALSE(out.add(Datagram(1, 7)));
    CHECK(out.size() == rtp::DtlsDatagrams::datagrams_max);
    out.clear();
    CHECK_FALSE(out.add(Datagram(1201, 7)));
    CHECK(out.size() == 0);
    CHECK(out.dropped() == 2);
}

}  // namespace dtls_test
