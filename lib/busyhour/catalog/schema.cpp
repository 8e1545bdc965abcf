#include "busyhour/catalog/schema.h"

#include "busyhour/catalog/nearest.h"
#include "busyhour/catalog/schema_words.h"
#include "busyhour/unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

namespace busyhour {
namespace {

std::string type_of(const Json& value) {
    constexpr std::array<std::string_view, 6> names{"null",   "boolean", "number",
                                                    "string", "array",   "object"};
    return std::string(names.at(value.value.index()));
}

/// A property of a schema as the user may write it: under its own name or another unit's.
struct Spelling {
    const Json* schema = nullptr;
    std::string name;  // the schema's name
};

class SchemaReader {
public:
    SchemaReader(const Json& root, Reading& out) : root_(root), out_(out) {}

    Json read(const Json& document, const Json& schema, const std::string& path) {
        const Json& rule = resolve(schema);
        if (is_range(document, rule)) return read_range(document, rule, path);
        const std::vector<std::string> types = texts_of(rule.find("type"));
        if (!types.empty() && !has_type(document, types)) {
            problem(path, fmt::format("must be {}, is {}", type_words(types), shown(document)),
                    type_of(document) == "string" && types.front() != "string"
                        ? "write it without quotes"
                        : "");
            return Json{};
        }
        if (document.object() != nullptr) return read_object(document, rule, path);
        if (document.array() != nullptr) return read_array(document, rule, path);
        check_enum(document, rule, path);
        if (const double* number = document.number()) check_limits(*number, rule, path);
        if (const std::string* text = document.text(); text != nullptr) {
            if (text->empty() && rule.find("minLength") != nullptr) {
                problem(path, "must not be empty");
            }
        }
        return document;
    }

private:
    static constexpr std::array<std::string_view, 3> range_names{"low", "likely", "high"};

    /// How a number's unit is converted: as checked, and as kept.
    struct Units {
        const UnitEnding* user = nullptr;
        const UnitEnding* schema = nullptr;
        const UnitEnding* base = nullptr;
    };

    /// Whether the user wrote an object where a number stands.
    static bool is_range(const Json& document, const Json& rule) {
        if (document.object() == nullptr) return false;
        const std::vector<std::string> types = texts_of(rule.find("type"));
        return std::any_of(types.begin(), types.end(), [](const std::string& type) {
            return type == "number" || type == "integer";
        });
    }

    /// Checks the three numbers of a range, notes it in base units, and returns the likely one.
    Json read_range(const Json& document, const Json& rule, const std::string& path) {
        if (!says_true(rule, "x-range")) {
            problem(path, "must be one number: a range is not possible here",
                    "choose a number; compare two deployments to see what it changes");
            return Json{};
        }
        std::array<double, 3> numbers{};
        bool is_complete = true;
        for (const JsonMember& member : document.members()) {
            if (std::find(range_names.begin(), range_names.end(), member.key) !=
                range_names.end()) {
                continue;
            }
            problem(pointer_to(path, member.key), "unknown key", "a range has low, likely, high");
        }
        for (std::size_t i = 0; i < range_names.size(); ++i) {
            const Json* value = document.find(range_names.at(i));
            const std::string here = pointer_to(path, range_names.at(i));
            if (value == nullptr || value->number() == nullptr) {
                problem(here, value == nullptr ? "is missing" : "must be a number",
                        "a range has low, likely, high");
                is_complete = false;
                continue;
            }
            const double number = value->number_or_zero();
            const bool has_unit = units_.user != nullptr;
            read(Json{has_unit ? convert_unit(number, *units_.user, *units_.schema) : number}, rule,
                 here);
            numbers.at(i) = has_unit ? convert_unit(number, *units_.user, *units_.base) : number;
        }
        if (!is_complete) return Json{};
        if (!std::is_sorted(numbers.begin(), numbers.end())) {
            problem(path, "low, likely and high must not fall", "order the three numbers");
        }
        out_.ranges.push_back({to_base_pointer(path), numbers[0], numbers[1], numbers[2]});
        return Json{numbers[1]};
    }

    static std::string to_base_pointer(const std::string& path) {
        const std::size_t at = path.rfind('/') + 1;
        return path.substr(0, at) + to_base_name(path.substr(at));
    }

    const Json& resolve(const Json& schema) const {
        const Json* reference = schema.find("$ref");
        if (reference == nullptr || reference->text() == nullptr) return schema;
        const std::string& pointer = *reference->text();  // "#/$defs/name"
        const Json* definitions = root_.find("$defs");
        const Json* found = definitions == nullptr
                                ? nullptr
                                : definitions->find(pointer.substr(pointer.rfind('/') + 1));
        return found == nullptr ? schema : *found;
    }

    void problem(const std::string& path, std::string what, std::string remedy = {}) {
        out_.problems.push_back({path, std::move(what), std::move(remedy)});
    }

    static bool has_type(const Json& value, const std::vector<std::string>& types) {
        const std::string type = type_of(value);
        return std::any_of(types.begin(), types.end(), [&](const std::string& wanted) {
            if (wanted != "integer") return wanted == type;
            return value.number() != nullptr &&
                   value.number_or_zero() == std::floor(value.number_or_zero());
        });
    }

    static std::string type_words(std::vector<std::string> types) {
        for (std::string& type : types) {
            if (type == "null") continue;
            const bool has_vowel = type == "integer" || type == "object" || type == "array";
            type.insert(0, has_vowel ? "an " : "a ");
        }
        return join(types, " or ");
    }

    static std::string shown(const Json& value) {
        if (value.object() != nullptr) return "an object";
        if (value.array() != nullptr) return "an array";
        std::string text = to_json_text(value);
        if (text.size() > 40) text = text.substr(0, 37) + "...";
        return text;
    }

    void check_enum(const Json& value, const Json& rule, const std::string& path) {
        const Json* allowed = rule.find("enum");
        const Json* constant = rule.find("const");
        if (constant != nullptr && to_json_text(*constant) != to_json_text(value)) {
            problem(path, fmt::format("must be {}, is {}", to_json_text(*constant), shown(value)));
        }
        if (allowed == nullptr || value.is_null()) return;
        const std::vector<std::string> names = texts_of(allowed);
        const std::string* text = value.text();
        if (text == nullptr || std::find(names.begin(), names.end(), *text) != names.end()) return;
        const std::string nearest = nearest_name(*text, names);
        problem(path, fmt::format("must be one of {}, is {}", join(names), shown(value)),
                nearest.empty() ? "" : "did you mean \"" + nearest + "\"?");
    }

    void check_limits(double value, const Json& rule, const std::string& path) {
        for (const Limit& limit : limits) {
            const Json* bound = rule.find(limit.keyword);
            if (bound == nullptr || bound->number() == nullptr) continue;
            if (keeps(limit, value, bound->number_or_zero())) continue;
            problem(path,
                    fmt::format("must be {} {}, is {}", limit.words,
                                as_written(bound->number_or_zero()), as_written(value)),
                    text_or(rule, "x-remedy", ""));
        }
    }

    /// A number of the schema's unit in the unit that the user wrote.
    [[nodiscard]] double as_written(double value) const {
        if (units_.user == nullptr) return value;
        return convert_unit(value, *units_.schema, *units_.user);
    }

    Json read_array(const Json& document, const Json& rule, const std::string& path) {
        const Json::Array& items = document.items();
        const Json* item_schema = rule.find("items");
        const Json* least = rule.find("minItems");
        if (least != nullptr && static_cast<double>(items.size()) < least->number_or_zero()) {
            problem(path, fmt::format("must have at least {} entries, has {}",
                                      least->number_or_zero(), items.size()));
        }
        Json::Array result;
        for (std::size_t i = 0; i < items.size(); ++i) {
            result.push_back(item_schema == nullptr
                                 ? items[i]
                                 : read(items[i], *item_schema, pointer_to(path, i)));
        }
        return Json{std::move(result)};
    }

    Json read_object(const Json& document, const Json& rule, const std::string& path) {
        const Json* properties = rule.find("properties");
        if (properties == nullptr) return read_map(document, rule, path);
        Json::Object result;
        std::map<std::string, std::string, std::less<>> written;  // base name -> the user's key
        for (const JsonMember& member : document.members()) {
            const Spelling spelling = find_property(*properties, member.key);
            const std::string here = pointer_to(path, member.key);
            if (spelling.schema == nullptr) {
                problem(here, "unknown key", suggestion(member.key, spellings(*properties)));
                continue;
            }
            const std::string base = to_base_name(spelling.name);
            const auto [first, is_first] = written.emplace(base, member.key);
            if (!is_first) {
                problem(here,
                        fmt::format("\"{}\" and \"{}\" give the same quantity", first->second,
                                    member.key),
                        "keep one of them");
                continue;
            }
            put(result, base, read_value(member, spelling, here));
        }
        fill_missing(*properties, rule, path, written, result);
        return Json{std::move(result)};
    }

    /// An object whose keys are the user's own names.
    Json read_map(const Json& document, const Json& rule, const std::string& path) {
        const Json* item_schema = rule.find("additionalProperties");
        if (item_schema == nullptr || item_schema->object() == nullptr) return document;
        Json::Object result;
        for (const JsonMember& member : document.members()) {
            result.push_back(
                {member.key, read(member.value, *item_schema, pointer_to(path, member.key))});
        }
        return Json{std::move(result)};
    }

    /// A member's value in base units; limits are checked in the schema's own unit.
    Json read_value(const JsonMember& member, const Spelling& spelling, const std::string& path) {
        const auto schema_unit = parse_unit_name(spelling.name);
        const auto user_unit = parse_unit_name(member.key);
        if (!schema_unit || !user_unit) return read(member.value, *spelling.schema, path);
        units_ = {user_unit->ending, schema_unit->ending, &schema_unit->family->front()};
        Json value = read_in_unit(member.value, *spelling.schema, path);
        units_ = {};
        return value;
    }

    /// The same for a number whose name ends in a unit.
    Json read_in_unit(const Json& value, const Json& schema, const std::string& path) {
        const Json& rule = resolve(schema);
        if (is_range(value, rule)) return read_range(value, rule, path);
        read(converted(value, *units_.user, *units_.schema), rule, path);
        return converted(value, *units_.user, *units_.base);
    }

    /// A number, or each number of an array, in another unit; other values as they are.
    static Json converted(const Json& value, const UnitEnding& from, const UnitEnding& to) {
        if (const double* number = value.number()) return Json{convert_unit(*number, from, to)};
        if (value.array() == nullptr) return value;
        Json::Array items;
        for (const Json& item : value.items()) items.push_back(converted(item, from, to));
        return Json{std::move(items)};
    }

    /// What `fill_missing` does for an absent property: worked out once for each schema, as an
    /// array of 10,000 objects asks for each of them.
    struct Absent {
        std::string key;
        std::string base;
        const Json* schema;
        bool is_required;
        std::optional<Json> value;  ///< the default, in the schema's own unit
        Json base_value;
        std::string source;
    };

    const std::vector<Absent>& absent_in(const Json& properties, const Json& rule) {
        const auto [place, is_new] = absent_.try_emplace(&properties);
        if (!is_new) return place->second;
        const std::vector<std::string> required = texts_of(rule.find("required"));
        for (const JsonMember& property : properties.members()) {
            const Json& schema = resolve(property.value);
            Absent absent{.key = property.key,
                          .base = to_base_name(property.key),
                          .schema = &schema,
                          .is_required = std::find(required.begin(), required.end(),
                                                   property.key) != required.end(),
                          .value = std::nullopt,
                          .base_value = {},
                          .source = text_or(schema, "x-source", "")};
            if (const Json* value = schema.find("default")) {
                absent.value = *value;
                absent.base_value = in_base_unit(property.key, *value);
            }
            place->second.push_back(std::move(absent));
        }
        return place->second;
    }

    void fill_missing(const Json& properties, const Json& rule, const std::string& path,
                      const std::map<std::string, std::string, std::less<>>& written,
                      Json::Object& result) {
        for (const Absent& absent : absent_in(properties, rule)) {
            if (written.contains(absent.base)) continue;
            std::string here = pointer_to(path, absent.key);
            if (absent.is_required) {
                problem(here, "is missing", text_or(*absent.schema, "description", ""));
            } else if (absent.value) {
                if (!absent.source.empty()) {
                    out_.assumptions.push_back(
                        {std::move(here), *absent.value, "default", absent.source});
                }
                put(result, absent.base, absent.base_value);
            } else if (is_filled_in(*absent.schema)) {
                put(result, absent.base, read(Json{Json::Object{}}, *absent.schema, here));
            }
        }
    }

    /// An absent object is read for its defaults, but not in what our own program wrote.
    [[nodiscard]] bool is_filled_in(const Json& schema) const {
        return schema.find("properties") != nullptr && !says_true(schema, "x-optional") &&
               !says_true(root_, "x-verbatim");
    }

    static Json in_base_unit(const std::string& key, const Json& value) {
        const auto unit = parse_unit_name(key);
        return unit ? converted(value, *unit->ending, unit->family->front()) : value;
    }

    static Spelling find_property(const Json& properties, const std::string& key) {
        if (const Json* exact = properties.find(key)) return {exact, key};
        const std::string base = to_base_name(key);
        for (const JsonMember& property : properties.members()) {
            if (to_base_name(property.key) == base && parse_unit_name(property.key)) {
                return {&property.value, property.key};
            }
        }
        return {};
    }

    static std::vector<std::string> spellings(const Json& properties) {
        std::vector<std::string> names;
        for (const JsonMember& property : properties.members()) names.push_back(property.key);
        return names;
    }

    const Json& root_;
    Reading& out_;
    std::map<const Json*, std::vector<Absent>> absent_;  // references stay valid while it grows
    Units units_;                                        // of the member that is being read
};

}  // namespace

Reading read_by_schema(const Json& document, std::string_view schema_name,
                       const std::string& pointer) {
    const Json& schema = schema_named(schema_name);
    Reading reading;
    reading.value = SchemaReader(schema, reading).read(document, schema, pointer);
    return reading;
}

}  // namespace busyhour
