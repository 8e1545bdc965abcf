#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// One message of a call flow, on one hop.
struct FlowMessage {
    std::string from;
    std::string to;
    std::string message;      ///< method, or three-digit status code
    std::string transaction;  ///< label of its transaction on this hop; empty for an ACK to a 2xx
    double size_bytes = 0;    ///< of the whole message, without transport headers
    bool has_sdp = false;     ///< grows by what the media encryption adds to SDP
};

/// A call flow: every message, in order, with the elements that see it.
struct Flow {
    std::string name;
    std::string title;
    std::string source;
    std::string protocol;  ///< "sip", "stun" or "crlf"
    std::vector<std::string> elements;
    std::vector<FlowMessage> messages;
};

/// What one element of a flow sees.
struct FlowCount {
    int messages_in = 0;
    int messages_out = 0;
    int requests_in = 0;
    int transactions_server = 0;  ///< transactions whose request it received
    int transactions_client = 0;  ///< transactions whose request it sent
    double in_bytes = 0;
    double out_bytes = 0;

    [[nodiscard]] int messages() const { return messages_in + messages_out; }
};

/// Whether the message is a request: its name is a method, not a status code.
bool is_request(const FlowMessage& message);

/// The messages, transactions and octets at one element. Zero everywhere for an unknown element.
FlowCount count_at(const Flow& flow, std::string_view element);

/// The messages between two elements, in order.
std::vector<FlowMessage> messages_between(const Flow& flow, std::string_view one,
                                          std::string_view other);

/// The server element of the flow whose load is counted by default: registrar, proxy or proxy_1.
std::string server_element(const Flow& flow);

}  // namespace busyhour
