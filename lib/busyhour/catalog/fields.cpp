#include "busyhour/catalog/fields.h"

namespace busyhour {
namespace {

const Json null_value;

}  // namespace

const Json& child_at(const Json& object, std::string_view key) {
    const Json* found = object.find(key);
    return found == nullptr ? null_value : *found;
}

std::optional<double> number_if(const Json& object, std::string_view key) {
    const double* number = child_at(object, key).number();
    return number == nullptr ? std::nullopt : std::optional(*number);
}

double number_at(const Json& object, std::string_view key) {
    return number_if(object, key).value_or(0);
}

std::optional<std::string> text_if(const Json& object, std::string_view key) {
    const std::string* text = child_at(object, key).text();
    return text == nullptr ? std::nullopt : std::optional(*text);
}

std::string text_at(const Json& object, std::string_view key) {
    return text_if(object, key).value_or("");
}

bool truth_at(const Json& object, std::string_view key) {
    const bool* truth = child_at(object, key).boolean();
    return truth != nullptr && *truth;
}

const Json::Array& items_at(const Json& object, std::string_view key) {
    return child_at(object, key).items();
}

const Json::Object& members_at(const Json& object, std::string_view key) {
    return child_at(object, key).members();
}

std::vector<std::string> texts_at(const Json& object, std::string_view key) {
    std::vector<std::string> texts;
    for (const Json& item : items_at(object, key)) {
        if (const std::string* text = item.text()) texts.push_back(*text);
    }
    return texts;
}

}  // namespace busyhour
