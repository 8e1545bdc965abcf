// A stranger's session description on its way through the relay: what comes out is one too, with
// as many media, and shows the relay and nobody else wherever a medium is relayed. The first octet
// chooses which media are, and how.

#include "engine/sip/sdp_rewrite.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace sip = busyhour::engine::sip;

namespace {

constexpr std::uint16_t relay_port = 40000;
constexpr std::string_view relay_address = "192.0.2.99";

void check(bool holds) {
    if (!holds) std::abort();
}

/// Each second medium at least stays as it is; the far ends of others speak SRTP.
std::vector<sip::SdpMediaChange> changes_for(std::size_t media_number, unsigned choice) {
    std::vector<sip::SdpMediaChange> changes(media_number);
    for (std::size_t i = 0; i < media_number; ++i) {
        if ((choice >> (i % 2U) & 1U) == 0) continue;
        changes[i] = {.is_relayed = true,
                      .address_type = "IP4",
                      .address = relay_address,
                      .port = static_cast<std::uint16_t>(relay_port + 4 * i)};
        if ((choice & 4U) == 0) continue;
        changes[i].protocol = "RTP/SAVP";
        changes[i].drops_crypto = true;
        changes[i].crypto_values = "1 A inline:YQ==\n2 B inline:Yg==";
    }
    return changes;
}

void check_relayed(const sip::SdpMedia& media, const sip::SdpMediaChange& change) {
    check(media.port == change.port && media.has_own_connection);
    check(media.connection && media.connection->address == relay_address);
    check(!media.rtcp);
    std::string_view lines = media.lines;
    check(!sip::next_attribute(lines, "candidate"));
    if (!change.drops_crypto) return;
    check(media.protocol == change.protocol);
    lines = media.lines;
    check(sip::next_attribute(lines, "crypto") == "1 A inline:YQ==");
    check(sip::next_attribute(lines, "crypto") == "2 B inline:Yg==");
    check(!sip::next_attribute(lines, "crypto"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string body(data + 1, data + size);
    static sip::SessionDescription before;
    static sip::SessionDescription after;
    if (!sip::parse_sdp(body, before)) return 0;
    const auto changes = changes_for(before.media().size(), data[0]);
    std::vector<char> room(data[0] < 8 ? body.size() : 4 * body.size() + 8192);
    sip::Writer writer(room);
    sip::write_relayed_sdp(writer, body, before, changes);
    if (writer.is_full()) return 0;
    const std::string written(writer.written());
    check(sip::parse_sdp(written, after));
    check(after.media().size() == before.media().size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const sip::SdpMedia& media = after.media()[i];
        check(media.media == before.media()[i].media);
        check(media.formats == before.media()[i].formats);
        if (changes[i].is_relayed) {
            check_relayed(media, changes[i]);
        } else if (before.media()[i].connection) {
            check(media.port == before.media()[i].port);
            check(media.connection->address == before.media()[i].connection->address);
        }
    }
    return 0;
}
