// Datagrams of someone who has no key: whatever they are, none is taken for authentic, none takes
// a source's place, and a packet of the right sender passes afterwards.

#include "engine/rtp/srtp.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace rtp = busyhour::engine::rtp;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

rtp::SrtpParameters parameters_of(rtp::SrtpSuite suite, std::uint8_t mki_octets) {
    rtp::SrtpParameters parameters;
    parameters.suite = suite;
    parameters.key.master_key.octets.fill(0x5a);
    parameters.mki.size = mki_octets;  // of zeros, which a fuzzer finds
    return parameters;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    for (std::size_t i = 0; i < rtp::srtp_suites_number; ++i) {
        for (const unsigned mki_octets : {0U, 1U, 16U}) {
            const auto parameters = parameters_of(static_cast<rtp::SrtpSuite>(i),
                                                  static_cast<std::uint8_t>(mki_octets));
            auto receiver = rtp::SrtpReceiver::make(parameters);
            auto sender = rtp::SrtpSender::make(parameters);
            check(receiver && sender);
            std::vector<std::uint8_t> packet(data, data + size);  // its end is the heap's end
            check(!receiver->unprotect(packet).is_done());
            packet.assign(data, data + size);
            check(!receiver->unprotect_rtcp(packet).is_done());
            check(receiver->sources_number() == 0);

            packet.assign(data, data + size);
            packet.resize(size + rtp::srtp_overhead_octets(parameters));
            const rtp::SrtpResult sent = sender->protect(packet, size);
            if (sent.is_done()) {
                check(sent.size == packet.size());
                check(receiver->unprotect(packet).size == size);
                check(std::vector<std::uint8_t>(data, data + size) ==
                      std::vector<std::uint8_t>(
                          packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size)));
            }
            packet.assign(data, data + size);
            packet.resize(size + rtp::srtcp_overhead_octets(parameters));
            const rtp::SrtpResult sent_report = sender->protect_rtcp(packet, size);
            if (sent_report.is_done()) check(receiver->unprotect_rtcp(packet).size == size);
        }
    }
    return 0;
}
