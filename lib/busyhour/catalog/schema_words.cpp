#include "busyhour/catalog/schema_words.h"

#include "busyhour/catalog/embedded.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"

#include <map>

namespace busyhour {

bool keeps(const Limit& limit, double value_number, double bound_number) {
    if (limit.keyword == "minimum") return value_number >= bound_number;
    if (limit.keyword == "exclusiveMinimum") return value_number > bound_number;
    if (limit.keyword == "maximum") return value_number <= bound_number;
    return value_number < bound_number;
}

std::vector<std::string> texts_of(const Json* value) {
    std::vector<std::string> texts;
    if (value == nullptr) return texts;
    if (const std::string* one = value->text()) texts.push_back(*one);
    if (const Json::Array* many = value->array()) {
        for (const Json& item : *many) {
            if (const std::string* text = item.text()) texts.push_back(*text);
        }
    }
    return texts;
}

std::string text_or(const Json& schema, std::string_view key, std::string_view otherwise) {
    const Json* found = schema.find(key);
    return std::string(found != nullptr && found->text() != nullptr ? *found->text() : otherwise);
}

bool says_true(const Json& schema, std::string_view key) {
    const Json* found = schema.find(key);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

const Json& schema_named(std::string_view name) {
    static const auto all = [] {
        std::map<std::string, Json, std::less<>> schemas;
        for (const EmbeddedFile& file : embedded_schemas()) {
            const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()),
                                        file.bytes.size());
            std::string stem(file.name.substr(0, file.name.rfind('.')));
            schemas.emplace(stem, parse_json(text, std::string(file.name)));
        }
        return schemas;
    }();
    const auto found = all.find(name);
    if (found == all.end()) {
        std::vector<std::string> names;
        for (const auto& entry : all) names.push_back(entry.first);
        throw InputError("", "no schema \"" + std::string(name) + "\"", suggestion(name, names));
    }
    return found->second;
}

}  // namespace busyhour
