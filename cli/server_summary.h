#pragma once

#include "busyhour/catalog/json.h"
#include "cli/output.h"
#include "engine/sip_server.h"

namespace busyhour::cli {

/// What a server has done, as the JSON that docs/engine.md describes.
Json to_json(const engine::SipServerSummary& summary);

/// The same in every format.
Renderings render_summary(const engine::SipServerSummary& summary);

}  // namespace busyhour::cli
