#pragma once

#include "server_harness.h"

namespace busyhour::engine::sip::testing {

inline const Peer caller = udp_peer(5070);
inline const Peer callee = udp_peer(5080, 2);

inline void register_bob(Harness& h, const std::string& contact = "<sip:bob@192.0.2.2:5080>",
                         const std::string& sequence = "1", const Peer& from = callee) {
    const auto sent =
        h.give(request("REGISTER", "sip:example.com",
                       "To: <sip:bob@example.com>\r\nCall-ID: rb\r\nContact: " + contact + "\r\n",
                       sequence, "z9hG4bKrb" + sequence, "UDP 192.0.2.2:5080"),
               from);
    REQUIRE(sent.size() == 1);
    REQUIRE(sent[0].status() == 200);
}

inline std::string invite(const std::string& branch = "z9hG4bKi1", const std::string& fields = "") {
    return request("INVITE", "sip:bob@example.com",
                   "To: <sip:bob@example.com>\r\nCall-ID: call1\r\n"
                   "Contact: <sip:alice@192.0.2.1:5070>\r\n" +
                       fields,
                   "1", branch);
}

/// What a user agent server answers to a request that the server sent it.
inline std::string response(const Sent& request, const std::string& status,
                            const std::string& fields = "") {
    std::string text = "SIP/2.0 " + status + "\r\n";
    std::size_t begin = request.text.find("\r\n") + 2;
    while (begin < request.text.size()) {
        const std::size_t end = request.text.find("\r\n", begin);
        const std::string line = request.text.substr(begin, end - begin);
        begin = end + 2;
        if (line.empty()) break;
        const bool is_copied = line.starts_with("Via:") || line.starts_with("From:") ||
                               line.starts_with("Call-ID:") || line.starts_with("CSeq:") ||
                               line.starts_with("Record-Route:");
        if (is_copied) text += line + "\r\n";
        if (line.starts_with("To:")) {
            text += line + (line.find("tag=") == std::string::npos ? ";tag=b1" : "") + "\r\n";
        }
    }
    return text + fields + "Content-Length: 0\r\n\r\n";
}

/// When messages that begin so leave while that much time passes.
inline std::vector<double> seconds_of(Harness& h, Duration during, const std::string& begins_with) {
    std::vector<double> at_s;
    const Time begin = h.now;
    while (h.server().next_timeout() <= begin + during) {
        for (const Sent& sent : h.pass(h.server().next_timeout() - h.now)) {
            if (!sent.text.starts_with(begins_with)) continue;
            at_s.push_back(std::chrono::duration<double>(h.now - begin).count());
        }
    }
    h.now = begin + during;
    return at_s;
}

}  // namespace busyhour::engine::sip::testing
