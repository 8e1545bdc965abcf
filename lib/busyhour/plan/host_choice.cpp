#include "busyhour/plan/host_choice.h"

#include "busyhour/catalog/fields.h"

#include <algorithm>
#include <string>
#include <utility>

namespace busyhour {
namespace {

bool is_assumed(const Reading& deployment, const std::string& path) {
    return std::any_of(deployment.assumptions.begin(), deployment.assumptions.end(),
                       [&](const Assumption& each) { return each.path == path; });
}

}  // namespace

void choose_host(const HostProfile& profile, Reading& deployment) {
    const std::string source = text_at(profile.document, "source");
    const std::optional<double> cores = number_if(profile.document, "cores");
    Json::Object chosen;
    for (const JsonMember& role : members_at(deployment.value, "roles")) {
        if (role.value.object() == nullptr) continue;
        const std::string path = pointer_to("/roles", role.key);
        Json::Object patch;
        const auto choose = [&](const std::string& key, Json value) {
            const std::string here = pointer_to(path, key);
            std::erase_if(deployment.assumptions,
                          [&](const Assumption& each) { return each.path == here; });
            deployment.assumptions.push_back({here, value, "--host " + profile.file, source});
            put(patch, key, std::move(value));
        };
        choose("host", Json{profile.name});
        if (cores && is_assumed(deployment, pointer_to(path, "cores_per_node"))) {
            choose("cores_per_node", Json{*cores});
        }
        put(chosen, role.key, Json{std::move(patch)});
    }
    Json::Object change;
    put(change, "roles", Json{std::move(chosen)});
    deployment.value = merge_patch(std::move(deployment.value), Json{std::move(change)});
}

}  // namespace busyhour
