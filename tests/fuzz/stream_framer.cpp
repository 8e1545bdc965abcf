// A stream from a stranger: a frame has no more octets than there are, a stream that trickles in is
// cut as one that came at once, and what is cut as a message has no body left over.

#include "engine/sip/stream_framer.h"

#include "engine/sip/message.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;

namespace {

constexpr std::size_t trickle_max = 2048;

void check(bool holds) {
    if (!holds) std::abort();
}

void check_trickle(std::string_view octets, const sip::Frame& frame) {
    if (octets.size() > trickle_max) return;
    std::size_t searched = 0;
    for (std::size_t size = 1; size <= octets.size(); ++size) {
        const sip::Frame part = sip::next_frame(octets.substr(0, size), searched);
        check(part.size <= size);
        if (part.kind == sip::FrameKind::incomplete) continue;
        check(part.kind == frame.kind && part.size == frame.size);
        return;
    }
    check(frame.kind == sip::FrameKind::incomplete);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string octets(data, data + size);
    std::string_view rest = octets;
    static sip::Message message;
    for (;;) {
        std::size_t searched = 0;
        const sip::Frame frame = sip::next_frame(rest, searched);
        check(frame.size <= rest.size() && searched <= rest.size());
        check_trickle(rest, frame);
        if (frame.kind == sip::FrameKind::incomplete || frame.kind == sip::FrameKind::malformed) {
            check(frame.size == 0);
            return 0;
        }
        check(frame.size > 0);
        if (frame.kind == sip::FrameKind::message) {
            const std::string_view whole = rest.substr(0, frame.size);
            if (sip::parse_message(whole, message) == sip::Fault::none) {
                check(message.body.data() + message.body.size() == whole.data() + whole.size());
            }
        }
        rest.remove_prefix(frame.size);
    }
}
