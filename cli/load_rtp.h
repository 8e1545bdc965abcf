#pragma once

#include "busyhour/catalog/json.h"
#include "busyhour/model/codec.h"
#include "busyhour/model/emodel.h"
#include "cli/load_faults.h"
#include "cli/load_options.h"
#include "engine/load/media_runner.h"
#include "engine/load/media_talk.h"

#include <optional>
#include <string>

namespace busyhour::cli {

/// What a media run is about, for its result.
struct RtpSubject {
    std::string target;
    std::string codec;
    Packetisation packets;
    double look_ahead_s = 0;                          ///< of the codec
    std::optional<CodecImpairment> codec_impairment;  ///< nothing: no published values
    std::string encryption;
    std::string srtp_suite;
    std::string rtcp;
    bool is_rtcp_muxed = false;
    bool is_one_way = false;
    bool is_discontinuous = false;
    bool is_ipv4 = true;
    double calls_number = 0;
    std::uint32_t seed = 0;
    std::vector<int> process_ids;
    Json::Object predicted;  ///< by the model, for all calls
};

/// `busyhour load rtp`: calls of media, without signalling or set up by an rtpengine.
Exit run_load_rtp(const LoadOptions& options);

/// Tells what is wrong with how they are to talk.
void check_media_talk(const LoadOptions& options, Faults& faults);

/// How the ends of `busyhour load call --media` talk, from ports of `sources`.
engine::load::MediaTalkOptions media_talk(const LoadOptions& options,
                                          const std::vector<engine::Peer>& sources);

/// The result in every format.
Renderings render_load_rtp(const RtpSubject& subject, const engine::load::MediaRunResult& result);

}  // namespace busyhour::cli
