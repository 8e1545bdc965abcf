// A crypto line from a stranger: what was read is written, and read as the same again.

#include "engine/rtp/sdes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace rtp = busyhour::engine::rtp;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string value(data, data + size);
    const rtp::SdesParsed parsed = rtp::parse_sdes(value);
    check(!rtp::describe(parsed.failure).empty());
    if (!parsed.is_done()) {
        check(parsed.crypto == rtp::SdesCrypto{});
        return 0;
    }
    std::array<char, rtp::sdes_octets_max> text{};
    const std::string_view written(text.data(), rtp::write_sdes(parsed.crypto, text));
    check(!written.empty());
    const rtp::SdesParsed again = rtp::parse_sdes(written);
    check(again.is_done() && again.crypto == parsed.crypto);
    const std::array<std::string_view, 2> offered{value, written};
    const std::array allowed{parsed.crypto.parameters.suite};
    check(rtp::choose_sdes(offered, allowed) == parsed.crypto);
    return 0;
}
