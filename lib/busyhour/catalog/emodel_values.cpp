#include "busyhour/catalog/emodel_values.h"

#include "busyhour/catalog/catalog.h"

namespace busyhour {

const EmodelValues* emodel_values(const Catalog& catalog, const EmodelChoice& choice) {
    const EmodelValues* best = nullptr;
    int best_rank = -1;
    for (const auto& [name, values] : catalog.emodel) {
        const bool is_at_rate = values.bit_rate_bits_per_s == choice.bit_rate_bits_per_s;
        const bool fits =
            values.codec == choice.codec && values.is_concealed == choice.is_concealed &&
            values.is_fullband == choice.is_fullband && (is_at_rate || !values.bit_rate_bits_per_s);
        if (!fits) continue;
        const auto origin = catalog.origins.find("emodel/" + name);
        const bool is_own = origin != catalog.origins.end() && !origin->second.changed_by.empty();
        const int rank = (is_own ? 2 : 0) + (is_at_rate ? 1 : 0);
        if (rank <= best_rank) continue;
        best = &values;
        best_rank = rank;
    }
    return best;
}

}  // namespace busyhour
