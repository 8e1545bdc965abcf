#include "engine/load/flow.h"

namespace busyhour::engine::load {

const Flow* find_flow(std::string_view name) noexcept {
    for (const Flow& flow : flows) {
        if (flow.name == name) return &flow;
    }
    return nullptr;
}

}  // namespace busyhour::engine::load
