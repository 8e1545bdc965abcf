#include "busyhour/model/header.h"

#include "busyhour/error.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

constexpr double ipv6_header_bytes = 40;  // rfc8200

double with_layer_bytes(const Header& layer, double inner_bytes, double outer_ip_bytes) {
    double inside_bytes = std::max(inner_bytes, layer.minimum_payload_bytes);
    if (layer.pad_block_bytes > 0) {
        inside_bytes = std::ceil((inside_bytes + layer.pad_trailer_bytes) / layer.pad_block_bytes) *
                       layer.pad_block_bytes;
    }
    return layer.header_bytes + inside_bytes + layer.trailer_bytes +
           (layer.has_outer_ip ? outer_ip_bytes : 0);
}

void check_layers(const std::vector<Header>& headers) {
    std::vector<Problem> problems;
    int networks = 0;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const auto same_name = [&](const Header& other) { return other.name == headers[i].name; };
        const auto end = headers.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::any_of(headers.begin(), end, same_name)) {
            problems.push_back(
                {"layers", "\"" + headers[i].name + "\" stands twice", "name it once"});
        } else if (headers[i].position == Position::network) {
            ++networks;
        }
    }
    if (networks > 1) {
        problems.push_back({"layers", "both ipv4 and ipv6 stand inside",
                            "name the inner one; a tunnel brings its own outer header"});
    }
    if (!problems.empty()) throw InputError(problems);
}

}  // namespace

HeaderStack stack_headers(std::vector<Header> headers) {
    check_layers(headers);
    HeaderStack stack;
    std::stable_sort(headers.begin(), headers.end(),
                     [](const Header& a, const Header& b) { return a.position < b.position; });
    std::reverse(headers.begin(), headers.end());
    for (const Header& header : headers) {
        const bool is_ipv6 =
            header.position == Position::network && header.header_bytes == ipv6_header_bytes;
        if (is_ipv6) stack.outer_ip_bytes = ipv6_header_bytes;
    }
    stack.layers = std::move(headers);
    return stack;
}

std::vector<LayerOctets> octets_by_layer(const HeaderStack& stack, double payload_bytes) {
    std::vector<LayerOctets> octets;
    double total_bytes = payload_bytes;
    for (const Header& layer : stack.layers) {
        const double with_bytes = with_layer_bytes(layer, total_bytes, stack.outer_ip_bytes);
        octets.push_back({layer.name, with_bytes - total_bytes, with_bytes});
        total_bytes = with_bytes;
    }
    return octets;
}

double packet_bytes(const HeaderStack& stack, double payload_bytes) {
    double total_bytes = payload_bytes;
    for (const Header& layer : stack.layers) {
        total_bytes = with_layer_bytes(layer, total_bytes, stack.outer_ip_bytes);
    }
    return total_bytes;
}

double ip_packet_bytes(const HeaderStack& stack, double payload_bytes) {
    double total_bytes = payload_bytes;
    for (const Header& layer : stack.layers) {
        if (layer.position < Position::network) break;
        total_bytes = with_layer_bytes(layer, total_bytes, stack.outer_ip_bytes);
    }
    return total_bytes;
}

}  // namespace busyhour
