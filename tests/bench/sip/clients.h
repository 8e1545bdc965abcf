#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace busyhour::bench {

/// A REGISTER whose changing numbers have fixed places, so that writing one is a few copies.
class Registration {
public:
    /// For the users of one socket; `transport` is UDP, TCP or TLS.
    Registration(const std::string& transport, std::uint16_t own_port);

    /// The text for this user, with a higher CSeq and another branch each time.
    const std::string& next(std::uint32_t user);

private:
    std::string text_;
    std::vector<std::size_t> user_places_;
    std::vector<std::size_t> branch_places_;
    std::vector<std::size_t> cseq_places_;
    std::uint32_t cseq_ = 0;
};

/// What a closed-loop client saw.
struct Slice {
    double answers = 0;  ///< 200 responses; for an echo, datagrams
    double wrong = 0;    ///< other answers, and those that did not come
    double elapsed_s = 0;
    std::size_t answer_octets = 0;  ///< of the last
};

/// Registers over UDP from `sockets` ports, `window` outstanding on each, for `duration_s`. An echo
/// answers without "SIP/2.0 200".
Slice register_over_udp(std::uint16_t port, double duration_s, bool is_echo);

/// Connections that last; made anew by each object, before anything is measured.
class TlsUsers {
public:
    TlsUsers(std::uint16_t port, int connections);
    TlsUsers(const TlsUsers&) = delete;
    TlsUsers& operator=(const TlsUsers&) = delete;
    ~TlsUsers();
    Slice run(double duration_s);

private:
    struct Impl;
    Impl* impl_;
};

/// A new TLS connection with a full handshake for every registration, eight at a time. An echo of
/// lines gets one line instead of the REGISTER.
Slice register_with_handshakes(std::uint16_t port, double duration_s, bool is_line_echo);

/// A bound UDP socket that answers `answer_octets` to whatever comes, until it is ended.
void echo_forever(int packed_port_and_octets);

std::uint16_t free_port();

/// Whether a SIP server on UDP answers OPTIONS.
bool answers_options(std::uint16_t port);

}  // namespace busyhour::bench
