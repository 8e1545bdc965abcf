#include "busyhour/plan/finding_names.h"

namespace busyhour {

std::vector<std::string> finding_ids() {
    std::vector<std::string> ids;
    ids.reserve(finding_names.size());
    for (const FindingName& name : finding_names) ids.emplace_back(name.id);
    return ids;
}

}  // namespace busyhour
