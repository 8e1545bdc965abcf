#include "engine/load/media_end.h"

#include <stdexcept>

namespace busyhour::engine::load {
namespace {

constexpr std::size_t sources_of_an_end = 2;  ///< its own, and another after a collision

[[noreturn]] void refuse_key() {
    throw std::runtime_error("the SRTP library takes no more keys");
}

}  // namespace

void send_with(MediaEnd& end, const rtp::SdesCrypto& crypto) {
    end.crypto = crypto;
    end.protects = rtp::SrtpSender::make(crypto.parameters, sources_of_an_end);
    if (!end.protects) refuse_key();
}

void receive_with(MediaEnd& end, const rtp::SrtpParameters& parameters) {
    end.unprotects = rtp::SrtpReceiver::make(parameters, sources_of_an_end);
    if (!end.unprotects) refuse_key();
}

}  // namespace busyhour::engine::load
