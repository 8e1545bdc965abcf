// internal: not installed
#pragma once

#include "busyhour/plan/explain_scene.h"

#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// A finding's evidence: which finding it is, and the how manieth of its id.
struct Evidence {
    const Scene& scene;
    const Finding& finding;
    std::size_t rank = 0;
    std::string key;
};

using BuildEvidence = Explained (*)(const Evidence& evidence);

/// One row: the finding's id, the key of its evidence, and how to explain it.
struct EvidenceRule {
    std::string_view id;
    std::string_view key;
    BuildEvidence build = nullptr;
};

/// Of the findings that repeat a section of the report: hosts, settings, storms, quality, ...
const std::vector<EvidenceRule>& section_evidence_rules();

}  // namespace busyhour
