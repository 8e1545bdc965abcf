#pragma once

#include "engine/load/media_runner.h"

namespace busyhour::engine::load {

/// Adds up what the ends of all calls have counted.
void count_media(const MediaGenerator& generator, MediaRunResult& result);

}  // namespace busyhour::engine::load
