// Messages per second of parse_message, beside libosip2 where it was found: short slices in turn,
// and the ratio pair by pair.
#include "engine/sip/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#if defined(BUSYHOUR_WITH_OSIP)
#include <osipparser2/osip_parser.h>
#include <sys/time.h>
#endif

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t variants_number = 256;  // so that no message is learnt by heart
constexpr int pairs_number = 51;
constexpr std::chrono::milliseconds slice{10};

std::string octets_of(const std::string& name) {
    std::ifstream file(std::string(BUSYHOUR_SOURCE_DIR) + "/data/sip/" + name, std::ios::binary);
    std::ostringstream read;
    read << file.rdbuf();
    return read.str();
}

/// The message with other digits in the numbers of its user and tags, of the same size.
std::vector<std::string> variants_of(const std::string& octets) {
    std::vector<std::string> variants(variants_number, octets);
    for (std::size_t row = 0; row < variants.size(); ++row) {
        const std::string digits = fmt::format("{:03}", row);
        for (std::size_t at = variants[row].find("10001"); at != std::string::npos;
             at = variants[row].find("10001", at + 5)) {
            variants[row].replace(at + 2, 3, digits);
        }
    }
    return variants;
}

void parse_here(const std::string& octets) {
    static busyhour::engine::sip::Message message;
    if (parse_message(octets, message) != busyhour::engine::sip::Fault::none) std::abort();
}

#if defined(BUSYHOUR_WITH_OSIP)
void parse_with_osip(const std::string& octets) {
    osip_message_t* message = nullptr;
    osip_message_init(&message);
    if (osip_message_parse(message, octets.data(), octets.size()) != 0) std::abort();
    osip_message_free(message);
}
#endif

using Parse = void (*)(const std::string&);

double messages_per_s(Parse parse, const std::vector<std::string>& messages) {
    std::size_t number = 0;
    const auto begin = Clock::now();
    auto end = begin;
    while (end - begin < slice) {
        for (const std::string& message : messages) parse(message);
        number += messages.size();
        end = Clock::now();
    }
    return static_cast<double>(number) / std::chrono::duration<double>(end - begin).count();
}

/// The value below which `fraction` of them lie.
double quantile(std::vector<double> values, double fraction) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(fraction * static_cast<double>(values.size() - 1))];
}

void print_rate(const char* who, const std::vector<double>& rates, std::size_t octets) {
    const double rate = quantile(rates, 0.5);
    fmt::print("  {:<14} {:>10.0f} messages/s {:>8.0f} MB/s {:>7.0f} ns a message\n", who, rate,
               rate * static_cast<double>(octets) * 1e-6, 1e9 / rate);
}

void compare(const std::string& name) {
    const std::string octets = octets_of(name);
    const std::vector<std::string> messages = variants_of(octets);
    std::vector<double> here;
    fmt::print("{} ({} octets)\n", name, octets.size());
#if defined(BUSYHOUR_WITH_OSIP)
    std::vector<double> osip;
    std::vector<double> ratios;
    for (int pair = 0; pair < pairs_number; ++pair) {
        here.push_back(messages_per_s(parse_here, messages));
        osip.push_back(messages_per_s(parse_with_osip, messages));
        ratios.push_back(here.back() / osip.back());
    }
    print_rate("parse_message", here, octets.size());
    print_rate("libosip2", osip, octets.size());
    fmt::print("  ratio of {} pairs: median {:.1f}, 10 % to 90 %: {:.1f} to {:.1f}\n", pairs_number,
               quantile(ratios, 0.5), quantile(ratios, 0.1), quantile(ratios, 0.9));
#else
    for (int run = 0; run < pairs_number; ++run)
        here.push_back(messages_per_s(parse_here, messages));
    print_rate("parse_message", here, octets.size());
    fmt::print("  libosip2 was not found when this was built: no comparison\n");
#endif
}

}  // namespace

int main() {
#if defined(BUSYHOUR_WITH_OSIP)
    parser_init();
#endif
    for (const char* name : {"register.sip", "register-authorized.sip", "invite-plain.sip"}) {
        compare(name);
    }
}
