#include "engine/measure/yardstick.h"

#include "engine/certificate.h"
#include "engine/io/address.h"
#include "engine/io/event_loop.h"
#include "engine/io/udp_socket.h"
#include "engine/load/histogram.h"
#include "engine/load/host_use.h"
#include "engine/measure/processor.h"
#include "engine/rtp/octets.h"
#include "engine/rtp/srtp.h"
#include "engine/sip/message.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace busyhour::engine::measure {
namespace {

constexpr std::size_t packet_octets = 172;  ///< G.711, 20 ms

/// Of a softphone, by its fields: long enough to be typical, and always the same.
constexpr std::string_view request =
    "REGISTER sip:example.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK74bf9a27c1d0;rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:user000017@example.com>;tag=a73kszlfl\r\n"
    "To: <sip:user000017@example.com>\r\n"
    "Call-ID: 1j9FpLxk3uxtm8tn@192.0.2.17\r\n"
    "CSeq: 4711 REGISTER\r\n"
    "Contact: <sip:user000017@192.0.2.17:5060>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-"
    "000A95A0E128>\";reg-id=1\r\n"
    "Supported: path, outbound, gruu\r\n"
    "Expires: 3600\r\n"
    "User-Agent: Yardstick\r\n"
    "Content-Length: 0\r\n\r\n";

io::UdpSocket loopback_socket() {
    return io::UdpSocket({.local = *io::parse_address("udp:127.0.0.1:0")});
}

}  // namespace

struct Yardsticks::Work {
    struct FreeDigest {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };

    io::UdpSocket sender = loopback_socket();
    io::UdpSocket receiver = loopback_socket();
    std::vector<std::uint64_t> table = std::vector<std::uint64_t>(std::size_t{1} << 21U);
    std::uint64_t place = 0x9e3779b97f4a7c15ULL;
    alignas(8) std::array<std::uint8_t, packet_octets + rtp::srtp_overhead_octets_max> packet{};
    std::uint16_t sequence = 0;
    rtp::SrtpSender srtp;
    Certificate certificate = make_self_signed_certificate(KeyKind::ecdsa_p256);
    std::unique_ptr<EVP_MD_CTX, FreeDigest> digest{EVP_MD_CTX_new()};
    std::array<std::uint8_t, 256> signature{};

    static rtp::SrtpSender sender_of_srtp() {
        auto made = rtp::SrtpSender::make({.key = rtp::make_srtp_key().value()});
        if (!made) throw std::runtime_error("the SRTP library takes no key");
        return std::move(*made);
    }
    Work() : srtp(sender_of_srtp()) { sender.connect(receiver.local()); }

    void do_packet_io() {
        const auto sent = ::send(sender.descriptor(), packet.data(), packet_octets, 0);
        const auto received =
            ::recv(receiver.descriptor(), packet.data(), packet_octets, MSG_DONTWAIT);
        if (sent != packet_octets || received != packet_octets) {
            throw std::runtime_error("a datagram sent over loopback did not arrive");
        }
    }
    void do_parsing() {
        sip::Message message;
        if (sip::parse_message(request, message) != sip::Fault::none)
            throw std::runtime_error("the parser refuses");
        // The next place depends on what stood at this one, so that memory is waited for.
        std::uint64_t& entry = table[(place >> 20U) & (table.size() - 1)];
        entry += message.call_id.size();
        place = (place + entry) * 0xbf58476d1ce4e5b9ULL + 1;
    }
    void do_symmetric() {
        packet[0] = 0x80;
        rtp::write16(packet, 2, sequence++);
        if (!srtp.protect(packet, packet_octets).is_done()) {
            throw std::runtime_error("the SRTP library refuses a packet");
        }
    }
    void do_asymmetric() {
        std::size_t size = signature.size();
        if (EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr,
                               certificate.key.get()) != 1 ||
            EVP_DigestSign(digest.get(), signature.data(), &size, packet.data(), packet.size()) !=
                1) {
            throw_openssl_error("signing");
        }
    }
    void do_once(Yardstick yardstick) {
        switch (yardstick) {
            case Yardstick::packet_io:
                return do_packet_io();
            case Yardstick::parsing:
                return do_parsing();
            case Yardstick::symmetric:
                return do_symmetric();
            case Yardstick::asymmetric:
                return do_asymmetric();
        }
    }
};

Yardsticks::Yardsticks() : work_(std::make_unique<Work>()) {}
Yardsticks::~Yardsticks() = default;

YardstickRate Yardsticks::measure(Yardstick yardstick, Duration span) {
    const unsigned at_a_time = yardstick == Yardstick::asymmetric ? 1 : 16;
    const Duration cpu_before = load::thread_cpu_time();
    const Time begin = io::clock_now();
    double done_number = 0;
    Time now = begin;
    do {
        for (unsigned i = 0; i < at_a_time; ++i) work_->do_once(yardstick);
        done_number += at_a_time;
        now = io::clock_now();
    } while (now - begin < span);
    const double cpu_s = std::max(load::to_seconds(load::thread_cpu_time() - cpu_before), 1e-9);
    return {.per_s = done_number / load::to_seconds(now - begin), .per_cpu_s = done_number / cpu_s};
}

YardstickTime Yardsticks::repeat(Yardstick yardstick, unsigned times) {
    const Duration cpu_before = load::thread_cpu_time();
    const Time begin = io::clock_now();
    for (unsigned i = 0; i < times; ++i) work_->do_once(yardstick);
    const Duration clock = io::clock_now() - begin;
    return {.cpu = std::max(load::thread_cpu_time() - cpu_before, Duration(1)),
            .clock = std::max(clock, Duration(1))};
}

YardstickReading Yardsticks::read(Duration span) {
    YardstickReading reading;
    for (std::size_t i = 0; i < yardsticks_number; ++i) {
        reading[i] = measure(static_cast<Yardstick>(i), span);
    }
    return reading;
}

namespace {

constexpr std::size_t turns_number = 4;

double middle_of(std::array<double, turns_number> values) {
    std::sort(values.begin(), values.end());
    return (values[turns_number / 2 - 1] + values[turns_number / 2]) / 2;
}

YardstickReading median_of_turns(Yardsticks& yardsticks, Duration span) {
    std::array<YardstickReading, turns_number> turns{};
    for (YardstickReading& turn : turns) turn = yardsticks.read(span / turns_number);
    YardstickReading reading;
    for (std::size_t i = 0; i < yardsticks_number; ++i) {
        std::array<double, turns_number> per_s{};
        std::array<double, turns_number> per_cpu_s{};
        for (std::size_t turn = 0; turn < turns_number; ++turn) {
            per_s[turn] = turns[turn][i].per_s;
            per_cpu_s[turn] = turns[turn][i].per_cpu_s;
        }
        reading[i] = {.per_s = middle_of(per_s), .per_cpu_s = middle_of(per_cpu_s)};
    }
    return reading;
}

}  // namespace

YardstickReading read_yardsticks(Yardsticks& yardsticks, int processor, Duration span) {
    YardstickReading reading;
    std::exception_ptr failure;
    std::thread reader([&] {
        try {
            run_on(processor);
            reading = median_of_turns(yardsticks, span);
        } catch (...) {
            failure = std::current_exception();
        }
    });
    reader.join();
    if (failure) std::rethrow_exception(failure);
    return reading;
}

double speed_per_s(const YardstickReading& reading) {
    double logarithms = 0;
    for (const YardstickRate& rate : reading) {
        if (rate.per_cpu_s <= 0) return 0;
        logarithms += std::log(rate.per_cpu_s);
    }
    return std::exp(logarithms / static_cast<double>(yardsticks_number));
}

}  // namespace busyhour::engine::measure
