#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace busyhour {

struct JsonMember;

/// A JSON value; objects keep the order of their keys.
struct Json {
    using Array = std::vector<Json>;
    using Object = std::vector<JsonMember>;

    std::variant<std::nullptr_t, bool, double, std::string, Array, Object> value;  // null

    [[nodiscard]] bool is_null() const { return std::holds_alternative<std::nullptr_t>(value); }
    [[nodiscard]] const bool* boolean() const { return std::get_if<bool>(&value); }
    [[nodiscard]] const double* number() const { return std::get_if<double>(&value); }
    [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&value); }
    [[nodiscard]] const Array* array() const { return std::get_if<Array>(&value); }
    [[nodiscard]] const Object* object() const { return std::get_if<Object>(&value); }

    /// The members of an object, none where this is no object.
    [[nodiscard]] const Object& members() const;
    /// The items of an array, none where this is no array.
    [[nodiscard]] const Array& items() const;
    /// The number, 0 where this is none.
    [[nodiscard]] double number_or_zero() const;

    /// The member of that name, or nullptr where this is no object or has none.
    [[nodiscard]] const Json* find(std::string_view key) const;
};

struct JsonMember {
    std::string key;
    Json value;
};

/// A JSON text (RFC 8259) as a value. `file` names it in errors.
///
/// Throws InputError with file:line:column for a syntax error, text that is not UTF-8, a key that
/// stands twice in one object, more than 64 levels of nesting, or a number beyond a double.
Json parse_json(std::string_view text, const std::string& file);

/// The value as compact JSON text (indent < 0) or indented.
std::string to_json_text(const Json& value, int indent = -1);

/// `target` changed by `patch` as RFC 7396 says: objects merge, null removes, the rest replaces.
Json merge_patch(Json target, const Json& patch);

/// Puts `value` under `key`, replacing what stands there.
void put(Json::Object& object, std::string_view key, Json value);

/// `pointer` with one more reference token, escaped as RFC 6901 says.
std::string pointer_to(const std::string& pointer, std::string_view token);
std::string pointer_to(const std::string& pointer, std::size_t index);

}  // namespace busyhour
