#include "busyhour/catalog/fields.h"
#include "busyhour/plan/calculator.h"

#include <fmt/format.h>

namespace busyhour::calc {
namespace {

constexpr std::string_view kept_key = "assumed";  // of no schema, as schemas refuse unknown keys

}  // namespace

void keep_assumptions(Reading& reading) {
    auto* options = std::get_if<Json::Object>(&reading.value.value);
    if (options == nullptr) return;
    Json::Object assumed;
    for (const Assumption& assumption : reading.assumptions) {
        put(assumed, assumption.path.substr(1),
            Json{fmt::format("{} assumed: {}", to_json_text(assumption.value), assumption.source)});
    }
    put(*options, kept_key, Json{std::move(assumed)});
}

bool is_given(const Json& options, std::string_view key) {
    return options.find(key) != nullptr && child_at(options, kept_key).find(key) == nullptr;
}

void note_assumptions(Answer& answer, const Json& options,
                      const std::vector<std::string_view>& keys) {
    for (const std::string_view key : keys) {
        if (const auto words = text_if(child_at(options, kept_key), key)) {
            answer.notes.push_back(fmt::format("{}: {}.", key, *words));
        }
    }
}

}  // namespace busyhour::calc
