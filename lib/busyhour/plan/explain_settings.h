// internal: not installed
#pragma once

#include "busyhour/plan/explain_scene.h"

namespace busyhour {

/// A setting's value, what the peak takes of it, or its default: "/settings/*/*".
Explained explain_setting(const Scene& scene, const Match& match);

}  // namespace busyhour
