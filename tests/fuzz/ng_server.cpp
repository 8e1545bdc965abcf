// Requests of whoever reaches the control port, each behind its length of two octets: what is
// answered has the request's cookie and is one dictionary, a description comes out as one, and
// when all calls are ended nothing of them is left at the relay.

#include "engine/ng_server.h"

#include "engine/load/ng_bencode.h"
#include "engine/rtp/octets.h"
#include "engine/sip/sdp.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace engine = busyhour::engine;
namespace load = busyhour::engine::load;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

/// Ports for three media, so that they run out.
class FewPorts final : public engine::RelayControl {
public:
    std::optional<engine::RelayedMedium> open(engine::Time) noexcept override {
        constexpr std::size_t media_max = 3;
        if (media.size() >= media_max) return std::nullopt;
        media.insert(++last_id);
        return engine::RelayedMedium{last_id, {10000, 10002}};
    }
    void set_remote(std::uint64_t id, unsigned leg, const engine::RelayRemote&) noexcept override {
        check(media.contains(id) && leg < 2);
    }
    bool set_keys(std::uint64_t id, unsigned leg, const std::optional<engine::rtp::SrtpParameters>&,
                  const std::optional<engine::rtp::SrtpParameters>&) noexcept override {
        check(media.contains(id) && leg < 2);
        return true;
    }
    [[nodiscard]] bool is_open(std::uint64_t id) const noexcept override {
        return media.contains(id);
    }
    void close(std::uint64_t id) noexcept override { check(media.erase(id) == 1); }

    std::set<std::uint64_t> media;
    std::uint64_t last_id = 0;
};

engine::CallMediaOptions options() {
    engine::CallMediaOptions made{.calls_max = 1, .address = {}};
    made.address.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 99};
    return made;
}

std::string_view text_at(const load::Bencode& dictionary, std::string_view key) {
    const auto value = dictionary.find(key);
    return value ? value->text().value_or("") : "";
}

/// Returns the Call-ID that the request had.
std::string serve(const std::string& request, engine::CallMedia& media,
                  engine::NgServerCounts& counts) {
    const std::string answer = engine::answer_ng(request, media, engine::Time{}, counts);
    if (answer.empty()) return {};
    const std::size_t space = request.find(' ');
    check(answer.substr(0, space + 1) == request.substr(0, space + 1));
    const std::string body = answer.substr(space + 1);
    const auto value = load::parse_bencode(body);
    check(value && value->kind() == load::BencodeKind::dictionary);
    check(!text_at(*value, "result").empty());
    const std::string asked_body = request.substr(space + 1);
    const auto asked = load::parse_bencode(asked_body);
    check(asked.has_value());
    static engine::sip::SessionDescription description;
    if (engine::sip::parse_sdp(text_at(*asked, "sdp"), description) &&
        !text_at(*value, "sdp").empty()) {
        check(engine::sip::parse_sdp(text_at(*value, "sdp"), description));
    }
    return std::string(text_at(*asked, "call-id"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static FewPorts ports;
    static engine::CallMedia media(options(), ports);
    engine::NgServerCounts counts;
    std::vector<std::string> call_ids;
    busyhour::engine::rtp::Octets rest(data, size);
    while (rest.size() >= 2) {
        const std::size_t length =
            std::min<std::size_t>(busyhour::engine::rtp::read16(rest, 0), rest.size() - 2);
        const std::string request(rest.begin() + 2,
                                  rest.begin() + 2 + static_cast<std::ptrdiff_t>(length));
        call_ids.push_back(serve(request, media, counts));
        rest = rest.subspan(2 + length);
    }
    for (const std::string& call_id : call_ids) media.end(call_id, engine::Time{});
    check(media.calls() == 0 && ports.media.empty());
    return 0;
}
