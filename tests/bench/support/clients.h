#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace bench {

/// One slice of closed-loop work against a server on 127.0.0.1.
struct Slice {
    double duration_s = 0;
    std::uint64_t answered = 0;  ///< requests with a 200 (or echoed)
    std::uint64_t failed = 0;    ///< any other answer, or a connection that broke
    std::uint64_t lost = 0;      ///< datagrams not answered within 0.2 s
    std::size_t answer_bytes = 0;
    std::string first_failure;  ///< that answer
};

/// REGISTER over UDP from 32 addresses and ports, 4 outstanding at each.
Slice register_over_udp(int port, double duration_s);
/// Echoes datagrams, each cut or filled to `answer_bytes`, until it is ended. Does not return.
[[noreturn]] void echo_datagrams(int port, std::size_t answer_bytes);

enum class TlsWork {
    persistent,      ///< 200 connections, each with one REGISTER outstanding
    new_connection,  ///< 16 at a time: full TLS 1.3 handshake, one REGISTER, reset
    new_line,        ///< the same with one short line, which `openssl s_server -rev` gives back
};
/// `ready` is called when the persistent connections stand, before the slice begins.
Slice register_over_tls(int port, double duration_s, TlsWork work,
                        const std::function<void()>& ready = {});

}  // namespace bench
