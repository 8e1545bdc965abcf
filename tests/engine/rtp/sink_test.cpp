#include "engine/rtp/sink.h"

#include "engine/rtp/random.h"
#include "engine/rtp/support.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace busyhour::engine::rtp {
namespace {

Sink sink_of(std::uint8_t sequential_min = 2, Duration playout_delay = Duration{0}) {
    SinkOptions options;
    options.payload_types.set(0);
    options.sequential_min = sequential_min;
    options.playout_delay = playout_delay;
    Sink sink;
    sink.start(options);
    return sink;
}

/// Packets of 20 ms that come as they were sent, each sequence number at its time.
Arrival receive(Sink& sink, unsigned sequence, std::uint32_t ssrc = 0x1234) {
    return sink.receive(header_of(static_cast<std::uint16_t>(sequence), sequence * 160, ssrc), 160,
                        at_ms(20 * std::int64_t{sequence}));
}

void receive_all(Sink& sink, unsigned first, unsigned last) {
    for (unsigned sequence = first; sequence <= last; ++sequence) receive(sink, sequence);
}

}  // namespace

TEST_CASE("a source is valid after two packets in a row, and both count", "[engine][rtp]") {
    Sink sink = sink_of();
    CHECK(receive(sink, 10) == Arrival::unvalidated);
    CHECK_FALSE(sink.is_valid());
    CHECK(sink.reception().unvalidated == 1);
    CHECK(receive(sink, 11) == Arrival::in_order);
    CHECK(sink.is_valid());
    CHECK(sink.ssrc() == 0x1234);
    CHECK(sink.reception().packets == 2);
    CHECK(sink.reception().payload_octets == 320);
    CHECK(sink.reception().expected == 2);
    CHECK(sink.reception().unvalidated == 0);
}

TEST_CASE("a source that skips a number starts its probation anew", "[engine][rtp]") {
    Sink sink = sink_of(3);
    const unsigned sequences[] = {10, 11, 13, 14, 15};
    const Arrival arrivals[] = {Arrival::unvalidated, Arrival::unvalidated, Arrival::unvalidated,
                                Arrival::unvalidated, Arrival::in_order};
    for (int i = 0; i < 5; ++i) CHECK(receive(sink, sequences[i]) == arrivals[i]);
    CHECK(sink.reception().packets == 3);
    CHECK(sink.reception().expected == 3);
    CHECK(sink.reception().unvalidated == 2);
}

TEST_CASE("each packet of a valid source is placed as RFC 3550 A.1 says", "[engine][rtp][table]") {
    Sink sink = sink_of();
    receive_all(sink, 1000, 1001);
    const std::pair<unsigned, Arrival> rows[] = {
        {1002, Arrival::in_order},     {1002, Arrival::duplicate},
        {1005, Arrival::after_gap},    {1004, Arrival::reordered},
        {1004, Arrival::duplicate},    {1003, Arrival::reordered},
        {1006, Arrival::in_order},     {1003, Arrival::duplicate},
        {4005, Arrival::after_gap},     // 2999 ahead: below MAX_DROPOUT
        {7005, Arrival::out_of_range},  // 3000 ahead
        {3906, Arrival::reordered},     // 99 behind: within MAX_MISORDER
        {3905, Arrival::out_of_range},  // 100 behind
        {4006, Arrival::in_order},     {9000, Arrival::out_of_range},
        {9002, Arrival::out_of_range},  // not the next of 9000
        {9003, Arrival::restarted},    {9004, Arrival::in_order},
    };
    for (const auto& [sequence, arrival] : rows) {
        CAPTURE(sequence);
        CHECK(receive(sink, sequence) == arrival);
    }
    CHECK(sink.reception().duplicates == 3);
    CHECK(sink.reception().reordered == 3);
    CHECK(sink.reception().out_of_range == 4);
    CHECK(sink.reception().restarts == 1);
    // 1000 to 4006 and 9003 to 9004
    CHECK(sink.reception().expected == 3007 + 2);
    CHECK(sink.reception().packets == 2 + 17 - 4);
    CHECK(sink.reception().lost() == 3009 - (15 - 3));
}

TEST_CASE("a packet is known for 99 places behind the highest", "[engine][rtp][identity]") {
    Sink sink = sink_of();
    receive_all(sink, 0, 99);
    for (unsigned sequence = 1; sequence <= 99; ++sequence) {
        CAPTURE(sequence);
        CHECK(receive(sink, sequence) == Arrival::duplicate);
    }
    CHECK(receive(sink, 170) == Arrival::after_gap);  // a shift of more than a word
    for (unsigned sequence = 71; sequence <= 169; ++sequence) {
        CAPTURE(sequence);
        CHECK(receive(sink, sequence) ==
              (sequence <= 99 ? Arrival::duplicate : Arrival::reordered));
    }
    CHECK(receive(sink, 200) == Arrival::after_gap);  // and of less
    for (unsigned sequence = 101; sequence <= 199; ++sequence) {
        CAPTURE(sequence);
        CHECK(receive(sink, sequence) ==
              (sequence <= 170 ? Arrival::duplicate : Arrival::reordered));
    }
    CHECK(receive(sink, 600) == Arrival::after_gap);  // and of all
    CHECK(receive(sink, 599) == Arrival::reordered);
    CHECK(receive(sink, 501) == Arrival::reordered);
}

TEST_CASE("the sequence number goes on over its cycles", "[engine][rtp]") {
    Sink sink = sink_of();
    for (unsigned sequence = 65530; sequence < 65530 + 3 * 65536; ++sequence) {
        receive(sink, sequence);
    }
    CHECK(sink.report(at_ms(0)).highest_sequence == 65529 + 3 * 65536);
    CHECK(sink.reception().expected == 3 * 65536);
    CHECK(sink.reception().lost() == 0);
    CHECK(sink.reception().jitter == Duration{0});  // the timestamp has passed 2^24 only
}

TEST_CASE("a packet from before the cycle is reordered and no new cycle", "[engine][rtp]") {
    Sink sink = sink_of();
    receive_all(sink, 65533, 65534);
    CHECK(receive(sink, 65536) == Arrival::after_gap);
    CHECK(receive(sink, 65535) == Arrival::reordered);
    CHECK(receive(sink, 65537) == Arrival::in_order);
    CHECK(sink.report(at_ms(0)).highest_sequence == 65537);
    CHECK(sink.reception().lost() == 0);
}

TEST_CASE("reports tell the loss since the last one and in all", "[engine][rtp][table]") {
    // RFC 3550, A.3
    Sink sink = sink_of();
    receive_all(sink, 0, 9);
    CHECK(sink.has_report());
    ReportBlock block = sink.report(at_ms(0));
    CHECK(block.ssrc == 0x1234);
    CHECK(block.fraction_lost == 0);
    CHECK(block.cumulative_lost == 0);
    CHECK(block.highest_sequence == 9);
    CHECK_FALSE(sink.has_report());

    for (const unsigned sequence : {10U, 11U, 13U, 14U, 16U, 17U, 19U}) receive(sink, sequence);
    block = sink.report(at_ms(0));
    CHECK(block.fraction_lost == 76);  // 3 x 256 / 10
    CHECK(block.cumulative_lost == 3);

    for (const unsigned sequence : {20U, 20U, 20U, 20U, 20U, 20U}) receive(sink, sequence);
    block = sink.report(at_ms(0));
    CHECK(block.fraction_lost == 0);     // more came than were expected
    CHECK(block.cumulative_lost == -2);  // 21 expected, 17 + 6 received
    CHECK(sink.reception().lost() == 3);
}

TEST_CASE("the jitter follows RFC 3550 A.8 worked by hand", "[engine][rtp][table]") {
    Sink sink = sink_of(1);
    // Sent every 20 ms; relative transit 0, 1, -1, 0 ms, so |D| is 1, 2, 1 ms.
    const std::int64_t arrivals_ms[] = {0, 21, 39, 60};
    for (unsigned i = 0; i < 4; ++i) {
        const auto sequence = static_cast<std::uint16_t>(i);
        sink.receive(header_of(sequence, 0xfffffff0 + i * 160), 160, at_ms(arrivals_ms[i]));
    }
    // 1/16, then 1/16 + (2 - 1/16)/16, then + (1 - that)/16
    const double jitter_ms = 0.234619140625;
    CHECK(static_cast<double>(sink.reception().jitter.count()) / 1e6 ==
          Approx(jitter_ms).margin(1e-6));
    CHECK(sink.report(at_ms(60)).jitter == 1);  // 1.88 units of 1/8000 s, cut
}

TEST_CASE("a steady stream has no jitter at any clock rate", "[engine][rtp][identity]") {
    struct Row {
        std::uint32_t clock_rate_hz;
        std::uint32_t step;
        std::int64_t ptime_us;
    };
    for (const Row& row : {Row{8000, 160, 20000}, Row{16000, 320, 20000}, Row{48000, 2880, 60000},
                           Row{48000, 120, 2500}, Row{44100, 882, 20000}, Row{8000, 240, 30000}}) {
        CAPTURE(row.clock_rate_hz);
        SinkOptions options;
        options.clock_rate_hz = row.clock_rate_hz;
        options.payload_types.set(0);
        Sink sink;
        sink.start(options);
        for (unsigned i = 0; i < 1000; ++i) {
            sink.receive(header_of(static_cast<std::uint16_t>(i), i * row.step), 1,
                         at_us(i * row.ptime_us));
        }
        CHECK(sink.reception().jitter < Duration(2));  // units that are no whole nanoseconds
        CHECK(sink.report(at_ms(0)).jitter == 0);
    }
}

TEST_CASE("a new SSRC takes over once the old one is silent", "[engine][rtp]") {
    Sink sink = sink_of();
    receive_all(sink, 0, 99);
    const Arrival arrivals[] = {Arrival::unvalidated, Arrival::in_order, Arrival::in_order};
    for (std::uint16_t i = 0; i < 3; ++i) {  // with timestamps of its own
        const RtpHeader header = header_of(static_cast<std::uint16_t>(500 + i), 9 + i * 160U, 0x77);
        CHECK(sink.receive(header, 160, at_ms(2000 + 20 * i)) == arrivals[i]);
    }
    CHECK(sink.reception().jitter_max == Duration{0});
    CHECK(sink.ssrc() == 0x77);
    CHECK(sink.reception().ssrc_changes == 1);
    CHECK(sink.reception().expected == 103);
    CHECK(sink.reception().packets == 103);
    const ReportBlock block = sink.report(at_ms(0));
    CHECK(block.ssrc == 0x77);
    CHECK(block.highest_sequence == 502);
    CHECK(block.cumulative_lost == 0);
}

TEST_CASE("a stranger that sends beside the source never takes over", "[engine][rtp]") {
    Sink sink = sink_of();
    receive_all(sink, 0, 1);
    for (unsigned i = 2; i < 500; ++i) {
        CHECK(receive(sink, i) == Arrival::in_order);
        CHECK(receive(sink, 7000 + i, 0x666) == Arrival::unvalidated);
    }
    CHECK(sink.ssrc() == 0x1234);
    CHECK(sink.reception().unvalidated == 498);
    CHECK(sink.reception().ssrc_changes == 0);
}

TEST_CASE("payload types that were not agreed on are counted and ignored", "[engine][rtp]") {
    Sink sink = sink_of();
    receive_all(sink, 0, 1);
    RtpHeader header = header_of(2);
    header.payload_type = 8;
    CHECK(sink.receive(header, 160, at_ms(40)) == Arrival::unknown_payload_type);
    CHECK(sink.reception().unknown_payload_type == 1);
    CHECK(sink.reception().packets == 2);
}

TEST_CASE("packets later than the playout delay are late", "[engine][rtp]") {
    Sink sink = sink_of(1, std::chrono::milliseconds(40));
    const std::pair<unsigned, std::int64_t> rows[] = {
        {0, 100}, {1, 120}, {2, 130},  // 10 ms faster than the first: the new measure
        {3, 190},                      // 40 ms after its turn: just in time
        {4, 211},                      // 41 ms
        {5, 230}, {6, 250},
    };
    for (const auto& [sequence, arrival_ms] : rows) {
        sink.receive(header_of(static_cast<std::uint16_t>(sequence), sequence * 160), 160,
                     at_ms(arrival_ms));
    }
    CHECK(sink.reception().late == 1);
}

TEST_CASE("the last reports of a telephone event are not late", "[engine][rtp]") {
    Sink sink = sink_of(1, std::chrono::milliseconds(40));
    for (unsigned i = 0; i < 50; ++i) {  // all with the timestamp of its beginning
        sink.receive(header_of(static_cast<std::uint16_t>(i), 160), 4, at_ms(20 * i));
    }
    sink.receive(header_of(50, 51 * 160), 160, at_ms(1000));
    CHECK(sink.reception().late == 0);
}

TEST_CASE("a report tells the last sender report and its age", "[engine][rtp][table]") {
    // RFC 3550, figure 2
    Sink sink = sink_of();
    receive_all(sink, 0, 1);
    CHECK(sink.report(at_ms(500)).last_sr == 0);
    CHECK(sink.report(at_ms(500)).delay_since_last_sr == 0);
    sink.receive_sender_report(0x1234, 0xb44db70520000000, at_ms(1000));
    const ReportBlock block = sink.report(at_ms(6250));
    CHECK(block.last_sr == 0xb7052000);
    CHECK(block.delay_since_last_sr == 0x00054000);
    sink.receive_sender_report(0x9999, 0xffffffffffffffff, at_ms(7000));
    CHECK(sink.report(at_ms(7000)).last_sr == 0xb7052000);  // a stranger's changes nothing
    // Another source takes over: what the first one said of its clock is no report on it.
    receive(sink, 500, 0x77);
    receive(sink, 501, 0x77);
    CHECK(sink.report(at_ms(8000)).last_sr == 0);
    sink.receive_sender_report(0x77, 0x0000000a00000000, at_ms(8000));
    CHECK(sink.report(at_ms(8000)).last_sr == 0x000a0000);
}

TEST_CASE("loss and duplicates are counted exactly in a wild stream", "[engine][rtp][identity]") {
    // Each packet is lost, doubled or delayed by up to 90 places; the ends are left in order.
    Random random(42);
    constexpr unsigned number = 50000;
    std::vector<std::pair<unsigned, unsigned>> wire;  // place on the wire, sequence number
    unsigned lost = 0;
    unsigned doubled = 0;
    for (unsigned i = 0; i < number; ++i) {
        const bool is_end = i < 200 || i + 200 > number;
        const std::uint32_t fate = is_end ? 99 : random.next32() % 100;
        const unsigned delay = is_end ? 0 : random.next32() % 90;
        if (fate < 5) {
            ++lost;
            continue;
        }
        wire.emplace_back(i + (fate < 30 ? delay : 0), i);
        if (fate < 10) {
            ++doubled;
            wire.emplace_back(i + delay, i);
        }
    }
    std::stable_sort(wire.begin(), wire.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    Sink sink = sink_of();
    for (const auto& [place, sequence] : wire) receive(sink, 60000 + sequence);
    const Reception reception = sink.reception();
    CHECK(reception.expected == number);
    CHECK(reception.lost() == lost);
    CHECK(reception.duplicates == doubled);
    CHECK(reception.out_of_range == 0);
    CHECK(reception.reordered > number / 10);
}

}  // namespace busyhour::engine::rtp
