// JSON text from a stranger: it is read or refused with InputError, what is read survives a round
// trip, and a merge patch applied twice is the patch applied once (RFC 7396).

#include "busyhour/catalog/json.h"

#include "busyhour/error.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t text_max = 65536;

std::optional<busyhour::Json> read(std::string_view text) {
    try {
        return busyhour::parse_json(text, "fuzz.json");
    } catch (const busyhour::InputError&) {
        return std::nullopt;
    }
}

void check(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > text_max) return 0;
    const std::string text(data, data + size);
    const std::size_t line_end = text.find('\n');
    const auto whole = read(text);
    if (whole) {
        const std::string written = busyhour::to_json_text(*whole);
        const auto again = read(written);
        check(again && busyhour::to_json_text(*again) == written);
    }
    if (line_end == text.npos) return 0;
    const auto target = read(std::string_view(text).substr(0, line_end));
    const auto patch = read(std::string_view(text).substr(line_end + 1));
    if (!target || !patch) return 0;
    const busyhour::Json once = busyhour::merge_patch(*target, *patch);
    const busyhour::Json twice = busyhour::merge_patch(once, *patch);
    check(busyhour::to_json_text(once) == busyhour::to_json_text(twice));
    return 0;
}
