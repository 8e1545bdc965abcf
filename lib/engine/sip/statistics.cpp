#include "engine/sip/statistics.h"

#include <string_view>

namespace busyhour::engine::sip {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Counter::count)> counter_names{
    "bindings",
    "bytes_per_binding",
    "registrations_refreshed",
    "registrations_added",
    "registrations_removed",
    "registrations_out_of_order",
    "server_transactions",
    "client_transactions",
    "retransmissions_absorbed",
    "retransmissions_sent",
    "timeouts",
    "stray_responses",
    "handed_over",
    "transport_failures",
    "malformed",
    "dropped",
    "refused_overload",
    "refused_full",
    "refused_relay",
    "refused_media",
    "challenges",
    "stale_nonces",
    "authentications_failed",
    "loops",
};

constexpr std::array<std::string_view, Statistics::faults> fault_names{
    "none",          "not_sip",        "start_line", "version",         "header_field",
    "missing_field", "repeated_field", "bad_value",  "method_mismatch", "too_many_fields",
    "too_large",     "truncated",
};

constexpr std::array<std::string_view, Statistics::kinds> kind_names{"request", "1xx", "2xx", "3xx",
                                                                     "4xx",     "5xx", "6xx"};
constexpr std::array<std::string_view, Statistics::transports> transport_names{"udp", "tcp", "tls"};
constexpr std::array<std::string_view, 2> direction_names{"in", "out"};

std::string lower_method(std::size_t method) {
    std::string name(method_name(static_cast<Method>(method)));
    if (name.empty()) return "other";
    for (char& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return name;
}

}  // namespace

std::uint64_t Statistics::messages(Direction direction, Transport transport, Method method,
                                   std::size_t status_class) const noexcept {
    return messages_[static_cast<std::size_t>(direction)][static_cast<std::size_t>(transport)]
                    [static_cast<std::size_t>(method)][status_class % kinds]
                        .messages;
}

std::uint64_t Statistics::octets(Direction direction, Transport transport) const noexcept {
    std::uint64_t sum = 0;
    for (const Kinds& method :
         messages_[static_cast<std::size_t>(direction)][static_cast<std::size_t>(transport)]) {
        for (const Cell& cell : method) sum += cell.octets;
    }
    return sum;
}

Statistics& Statistics::operator+=(const Statistics& other) noexcept {
    for (std::size_t d = 0; d < 2; ++d) {
        for (std::size_t t = 0; t < transports; ++t) {
            for (std::size_t m = 0; m < methods; ++m) {
                for (std::size_t k = 0; k < kinds; ++k) {
                    messages_[d][t][m][k].messages += other.messages_[d][t][m][k].messages;
                    messages_[d][t][m][k].octets += other.messages_[d][t][m][k].octets;
                }
            }
        }
    }
    for (std::size_t i = 0; i < counters_.size(); ++i) counters_[i] += other.counters_[i];
    for (std::size_t i = 0; i < faults_.size(); ++i) faults_[i] += other.faults_[i];
    return *this;
}

std::vector<std::pair<std::string, std::uint64_t>> Statistics::rows() const {
    std::vector<std::pair<std::string, std::uint64_t>> rows;
    for (std::size_t d = 0; d < 2; ++d) {
        for (std::size_t t = 0; t < transports; ++t) {
            for (std::size_t m = 0; m < methods; ++m) {
                for (std::size_t k = 0; k < kinds; ++k) {
                    const Cell& cell = messages_[d][t][m][k];
                    if (cell.messages == 0) continue;
                    std::string name(direction_names[d]);
                    name.append(".").append(transport_names[t]).append(".");
                    name.append(lower_method(m)).append(".").append(kind_names[k]);
                    rows.emplace_back(name, cell.messages);
                    rows.emplace_back(name + ".octets", cell.octets);
                }
            }
        }
    }
    for (std::size_t i = 0; i < counters_.size(); ++i) {
        rows.emplace_back(counter_names[i], counters_[i]);
    }
    for (std::size_t i = 0; i < faults_.size(); ++i) {
        if (faults_[i] != 0) {
            rows.emplace_back("malformed." + std::string(fault_names[i]), faults_[i]);
        }
    }
    return rows;
}

}  // namespace busyhour::engine::sip
