// An end of SRTP before a real rtpengine: speech enciphered by us must leave it plain at the other
// port, and the other way round, in each suite, by SDES (with and without MKI) and by DTLS in both
// roles. The sequence number begins anew on the way. Usage: srtp_peer NG_PORT

#include "engine/rtp/dtls.h"
#include "engine/rtp/packet.h"
#include "engine/rtp/sdes.h"
#include "engine/rtp/srtp.h"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <poll.h>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace engine = busyhour::engine;
namespace rtp = busyhour::engine::rtp;

namespace {

using Datagram = std::vector<std::uint8_t>;

engine::Time now() {
    return engine::Time(std::chrono::steady_clock::now());
}

void need(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
}

/// A UDP port of 127.0.0.1.
class Port {
public:
    Port() : descriptor_(socket(AF_INET, SOCK_DGRAM, 0)) {
        sockaddr_in own = address(0);
        socklen_t size = sizeof own;
        need(bind(descriptor_, generic(own), size) == 0 &&
                 getsockname(descriptor_, generic(own), &size) == 0,
             "no UDP port");
        number_ = ntohs(own.sin_port);
    }
    ~Port() { close(descriptor_); }
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    [[nodiscard]] unsigned number() const { return number_; }

    void send(unsigned to, rtp::Octets datagram) const {
        sockaddr_in peer = address(to);
        sendto(descriptor_, datagram.data(), datagram.size(), 0, generic(peer), sizeof peer);
    }
    /// Empty where nothing comes in time.
    [[nodiscard]] Datagram receive(int wait_ms) const {
        pollfd ready{descriptor_, POLLIN, 0};
        if (poll(&ready, 1, wait_ms) <= 0) return {};
        Datagram datagram(65536);
        const ssize_t size = recv(descriptor_, datagram.data(), datagram.size(), 0);
        datagram.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return datagram;
    }
    /// The next that is RTP.
    [[nodiscard]] Datagram receive_rtp() const {
        for (;;) {
            Datagram datagram = receive(2000);
            if (datagram.empty() || rtp::kind_of(datagram) == rtp::DatagramKind::rtp) {
                return datagram;
            }
        }
    }

private:
    static sockaddr_in address(unsigned port) {
        sockaddr_in made{};
        made.sin_family = AF_INET;
        made.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        made.sin_port = htons(static_cast<std::uint16_t>(port));
        return made;
    }
    static sockaddr* generic(sockaddr_in& address) {
        void* const any = &address;
        return static_cast<sockaddr*>(any);
    }

    int descriptor_;
    unsigned number_ = 0;
};

std::string bencoded(std::string_view text) {
    return fmt::format("{}:{}", text.size(), text);
}

/// What rtpengine answers to a command: the session description in it.
std::string ask(const Port& control, unsigned ng_port, const std::string& entries) {
    const std::string command = "1" + std::to_string(std::rand()) + " d" + entries + "e";
    control.send(ng_port, Datagram(command.begin(), command.end()));
    const Datagram datagram = control.receive(5000);
    const std::string reply(datagram.begin(), datagram.end());
    const std::size_t key = reply.find("3:sdp");
    need(key != std::string::npos, "rtpengine says " + reply);
    const std::size_t colon = reply.find(':', key + 5);
    return reply.substr(colon + 1, std::stoul(reply.substr(key + 5, colon - key - 5)));
}

std::string description(const Port& port, std::string_view protocol, const std::string& more) {
    return fmt::format(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio {} {} 0\r\na=rtcp-mux\r\n{}",
        port.number(), protocol, more);
}

std::string attribute(const std::string& sdp, const std::string& name) {
    const std::size_t begin = sdp.find("a=" + name + ":");
    need(begin != std::string::npos, "no a=" + name + " in " + sdp);
    const std::size_t value = begin + name.size() + 3;
    return sdp.substr(value, sdp.find("\r\n", value) - value);
}

unsigned media_port(const std::string& sdp) {
    const std::size_t begin = sdp.find("m=audio ");
    need(begin != std::string::npos, "no audio in " + sdp);
    return static_cast<unsigned>(std::stoul(sdp.substr(begin + 8)));
}

/// A call through rtpengine: SRTP at `secure`, RTP at `plain`.
struct Call {
    Port secure;
    Port plain;
    unsigned secure_port = 0;  ///< of rtpengine
    unsigned plain_port = 0;   ///< of rtpengine
    std::string answered;

    Call(unsigned ng_port, const std::string& id, std::string_view protocol,
         const std::string& offered) {
        const Port control;
        const std::string head = bencoded("ICE") + bencoded("remove") + bencoded("call-id") +
                                 bencoded(id) + bencoded("command");
        const std::string from = bencoded("from-tag") + bencoded("a") + bencoded("sdp");
        plain_port = media_port(ask(control, ng_port,
                                    head + bencoded("offer") + from +
                                        bencoded(description(secure, protocol, offered)) +
                                        bencoded("transport-protocol") + bencoded("RTP/AVP")));
        answered =
            ask(control, ng_port,
                head + bencoded("answer") + from + bencoded(description(plain, "RTP/AVP", "")) +
                    bencoded("to-tag") + bencoded("b"));
        secure_port = media_port(answered);
    }
};

Datagram speech(unsigned number, std::uint8_t source) {
    const unsigned sequence = 65500 + number;
    Datagram packet(172);
    for (std::size_t i = 12; i < packet.size(); ++i) {
        packet[i] = static_cast<std::uint8_t>(i * (number + 1));
    }
    packet[0] = 0x80;
    rtp::write16(packet, 2, static_cast<std::uint16_t>(sequence));
    rtp::write32(packet, 4, 160 * sequence);
    rtp::write32(packet, 8, 0xcafe0000U + source);
    return packet;
}

void exchange(const Call& call, const rtp::SrtpParameters& local,
              const rtp::SrtpParameters& remote) {
    auto sender = rtp::SrtpSender::make(local);
    auto receiver = rtp::SrtpReceiver::make(remote);
    need(sender && receiver, "no SRTP");
    for (unsigned number = 0; number < 100; ++number) {
        const Datagram outbound = speech(number, 1);
        Datagram packet = outbound;
        packet.resize(outbound.size() + rtp::srtp_overhead_octets_max);
        packet.resize(sender->protect(packet, outbound.size()).size);
        call.secure.send(call.secure_port, packet);
        need(call.plain.receive_rtp() == outbound, fmt::format("packet {} to it", number));

        const Datagram inbound = speech(number, 2);
        call.plain.send(call.plain_port, inbound);
        packet = call.secure.receive_rtp();
        need(packet.size() == inbound.size() + rtp::srtp_overhead_octets(remote),
             fmt::format("packet {} from it has {} octets", number, packet.size()));
        packet.resize(receiver->unprotect(packet).size);
        need(packet == inbound, fmt::format("packet {} from it", number));
    }
}

void try_sdes(unsigned ng_port, rtp::SrtpSuite suite, bool has_mki) {
    rtp::SdesCrypto offered;
    offered.tag = 5;
    offered.parameters.suite = suite;
    offered.parameters.key = rtp::make_srtp_key().value();
    if (has_mki) offered.parameters.mki = {{0, 0, 0, 1}, 4};
    std::array<char, rtp::sdes_octets_max> text{};
    const std::string line(text.data(), rtp::write_sdes(offered, text));
    const Call call(ng_port, fmt::format("sdes-{}-{}", static_cast<int>(suite), has_mki),
                    "RTP/SAVP", "a=crypto:" + line + "\r\n");
    const rtp::SdesParsed answer = rtp::parse_sdes(attribute(call.answered, "crypto"));
    need(answer.is_done() && rtp::is_answer_to(offered, answer.crypto),
         "its answer: " + std::string(rtp::describe(answer.failure)));
    exchange(call, offered.parameters, answer.crypto.parameters);
}

void shake_hands(const Call& call, rtp::DtlsAssociation& association) {
    rtp::DtlsDatagrams out;
    const engine::Time begin = now();
    association.start(begin, out);
    while (now() - begin < std::chrono::seconds(10)) {
        for (std::size_t i = 0; i < out.size(); ++i) call.secure.send(call.secure_port, out[i]);
        out.clear();
        if (association.keys() || association.state() == rtp::DtlsState::failed) break;
        const Datagram datagram = call.secure.receive(50);
        if (!datagram.empty()) association.receive(datagram, now(), out);
        if (now() >= association.next_timeout()) association.timeout(now(), out);
    }
    need(association.keys().has_value(),
         fmt::format("DTLS failed: {}", static_cast<int>(association.failure())));
    usleep(200000);  // rtpengine may still be reading the last flight
}

void try_dtls(unsigned ng_port, rtp::SrtpSuite suite, rtp::Setup setup) {
    const rtp::DtlsContext context(engine::KeyKind::ecdsa_p256, std::array{suite});
    const Call call(ng_port, fmt::format("dtls-{}-{}", static_cast<int>(suite), name_of(setup)),
                    "UDP/TLS/RTP/SAVP",
                    fmt::format("a=setup:{}\r\na=fingerprint:{}\r\n", name_of(setup),
                                rtp::to_text(context.fingerprint())));
    const auto answered = rtp::parse_setup(attribute(call.answered, "setup"));
    const bool is_passive = answered == rtp::Setup::active;
    need(is_passive == (setup == rtp::Setup::actpass), "its setup is not the expected one");
    rtp::DtlsAssociation association(
        context, {.role = is_passive ? rtp::DtlsRole::passive : rtp::DtlsRole::active,
                  .expected = rtp::parse_fingerprint(attribute(call.answered, "fingerprint"))});
    shake_hands(call, association);
    need(association.keys()->local.suite == suite, "another profile");
    exchange(call, association.keys()->local, association.keys()->remote);
}

/// False, and said why, where it failed.
template <typename Work>
bool passes(const std::string& what, Work work) {
    try {
        work();
        fmt::print("ok: {}\n", what);
        return true;
    } catch (const std::exception& error) {
        fmt::print("FAILED: {}: {}\n", what, error.what());
        return false;
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const auto ng_port = static_cast<unsigned>(std::atoi(argv[1]));
    bool is_right = true;
    for (std::size_t i = 0; i < rtp::srtp_suites_number; ++i) {
        const auto suite = static_cast<rtp::SrtpSuite>(i);
        const std::string name(rtp::sizes_of(suite).name);
        is_right &= passes(name + " by SDES", [&] { try_sdes(ng_port, suite, false); });
        is_right &= passes(name + " by SDES with MKI", [&] { try_sdes(ng_port, suite, true); });
        is_right &= passes(name + " by DTLS, rtpengine active",
                           [&] { try_dtls(ng_port, suite, rtp::Setup::actpass); });
        is_right &= passes(name + " by DTLS, rtpengine passive",
                           [&] { try_dtls(ng_port, suite, rtp::Setup::active); });
    }
    return is_right ? 0 : 1;
}
