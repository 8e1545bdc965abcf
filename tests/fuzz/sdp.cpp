// A session description from a stranger: what was read lies inside of it, and its media in order.

#include "engine/sip/sdp.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

bool is_inside(std::string_view part, std::string_view whole) {
    if (part.empty()) return true;
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string body(data, data + size);
    static sip::SessionDescription description;
    if (!sip::parse_sdp(body, description)) return 0;
    check(is_inside(description.session_lines, body));
    check(is_inside(description.origin.address, body));
    const char* before = body.data();
    for (const sip::SdpMedia& media : description.media()) {
        for (const std::string_view part :
             {media.media, media.port_text, media.protocol, media.formats, media.lines,
              media.crypto, media.fingerprint, media.setup}) {
            check(is_inside(part, body));
        }
        check(media.media.data() > before && media.lines.data() >= media.formats.data());
        before = media.lines.data();
        check(media.ports_number > 0 && media.ptime_ms >= 0.0);
        for (unsigned payload_type = 0; payload_type < 128; payload_type += 32) {
            (void)sip::rtpmap_of(media, payload_type);
        }
    }
    return 0;
}
