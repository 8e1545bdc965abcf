#include "engine/load/media_sdp.h"

#include "engine/io/address.h"
#include "engine/sip/sdp.h"

#include <charconv>

namespace busyhour::engine::load {
namespace {

/// "IN IP4 127.0.0.1".
std::string connection_of(const Peer& peer) {
    const std::string host = io::host_text(peer);
    if (io::is_ipv4(peer)) return "IN IP4 " + host;
    return "IN IP6 " + host.substr(1, host.size() - 2);  // without brackets
}

std::string milliseconds_of(Duration time) {
    const std::int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    std::string text = std::to_string(us / 1000);
    if (us % 1000 != 0) {  // 2.5 ms
        std::string rest = std::to_string(1000 + us % 1000).substr(1);
        rest.erase(rest.find_last_not_of('0') + 1);
        text += "." + rest;
    }
    return text;
}

std::optional<Peer> peer_of(std::string_view address_type, std::string_view address,
                            std::uint16_t port) {
    std::string text = "udp:";
    text += address_type == "IP6" ? "[" + std::string(address) + "]" : std::string(address);
    text += ":" + std::to_string(port);
    return io::parse_address(text);
}

const sip::SdpMedia* first_audio(const sip::SessionDescription& description) noexcept {
    for (const sip::SdpMedia& media : description.media()) {
        if (media.media == "audio" && media.port != 0) return &media;
    }
    return nullptr;
}

}  // namespace

std::string write_sdp(const MediaOffer& offer, std::uint64_t session_id) {
    const std::string connection = connection_of(offer.local.rtp);
    const std::string payload_type = std::to_string(offer.payload_type);
    std::string noise;
    if (offer.comfort_noise_payload_type) {
        noise = std::to_string(*offer.comfort_noise_payload_type);
    }
    std::string sdp = "v=0\r\no=- " + std::to_string(session_id) + " 1 " + connection + "\r\n";
    sdp += "s=-\r\nc=" + connection + "\r\nt=0 0\r\nm=audio ";
    sdp += std::to_string(offer.local.rtp.port);
    sdp += offer.crypto.empty() ? " RTP/AVP " : " RTP/SAVP ";
    sdp += payload_type + (noise.empty() ? "" : " " + noise) + "\r\n";
    sdp += "a=rtpmap:" + payload_type + " " + offer.encoding + "\r\n";
    if (!noise.empty()) sdp += "a=rtpmap:" + noise + " CN/8000\r\n";
    sdp += "a=ptime:" + milliseconds_of(offer.ptime) + "\r\n";
    sdp += "a=rtcp:" + std::to_string(offer.local.rtcp.port) + "\r\n";
    if (offer.is_muxed) sdp += "a=rtcp-mux\r\n";
    if (!offer.crypto.empty()) sdp += "a=crypto:" + offer.crypto + "\r\n";
    return sdp;
}

std::optional<MediaDestination> read_sdp(std::string_view sdp) {
    sip::SessionDescription description;
    if (!sip::parse_sdp(sdp, description)) return std::nullopt;
    const sip::SdpMedia* media = first_audio(description);
    if (media == nullptr || !media->connection) return std::nullopt;
    const sip::SdpConnection& place = *media->connection;
    const std::optional<Peer> rtp = peer_of(place.address_type, place.address, media->port);
    if (!rtp) return std::nullopt;
    MediaDestination found{.remote = {.rtp = *rtp, .rtcp = *rtp},
                           .is_muxed = media->has_rtcp_mux,
                           .lines = media->lines};
    if (found.is_muxed) return found;
    found.remote.rtcp.port = static_cast<std::uint16_t>(rtp->port + 1);  // rfc3550 11
    if (media->rtcp) found.remote.rtcp.port = media->rtcp->port;
    return found;
}

}  // namespace busyhour::engine::load
