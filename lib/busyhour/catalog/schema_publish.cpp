#include "busyhour/catalog/nearest.h"
#include "busyhour/catalog/schema.h"
#include "busyhour/catalog/schema_words.h"
#include "busyhour/unit.h"

#include <fmt/format.h>

#include <algorithm>

namespace busyhour {
namespace {

Json publish(const Json& schema);
Json with_range(const Json& published);

/// The property under another unit's name, with its limits and default in that unit.
Json in_unit(const Json& schema, const UnitEnding& from, const UnitEnding& to) {
    Json result = schema;
    auto& members = std::get<Json::Object>(result.value);
    for (JsonMember& member : members) {
        const bool is_limit = member.key == "default" ||
                              std::any_of(limits.begin(), limits.end(), [&](const Limit& limit) {
                                  return limit.keyword == member.key;
                              });
        if (const double* number = member.value.number(); is_limit && number != nullptr) {
            member.value = Json{convert_unit(*number, from, to)};
        }
    }
    return result;
}

/// The properties with every unit's spelling, and the rule that only one of each stem stands.
void publish_properties(const Json& properties, Json::Object& result) {
    Json::Object all;
    Json::Object exclusions;
    for (const JsonMember& property : properties.members()) {
        const Json published = publish(property.value);
        const auto in_words = [&](const Json& each) {
            return says_true(property.value, "x-range") ? with_range(each) : each;
        };
        put(all, property.key, in_words(published));
        const auto unit = parse_unit_name(property.key);
        if (!unit) continue;
        std::vector<std::string> names{property.key};
        for (const UnitEnding& ending : *unit->family) {
            const std::string name = std::string(unit->stem) + std::string(ending.ending);
            if (name == property.key) continue;
            put(all, name, in_words(in_unit(published, *unit->ending, ending)));
            names.push_back(name);
        }
        for (std::size_t i = 0; i + 1 < names.size(); ++i) {
            Json::Object others;
            for (std::size_t j = i + 1; j < names.size(); ++j) put(others, names[j], Json{false});
            put(exclusions, names[i], Json{Json::Object{{"properties", Json{std::move(others)}}}});
        }
    }
    put(result, "properties", Json{std::move(all)});
    put(result, "additionalProperties", Json{false});
    if (!exclusions.empty()) put(result, "dependentSchemas", Json{std::move(exclusions)});
}

/// A number, or a range of three numbers that keep the same limits.
Json with_range(const Json& published) {
    Json::Object number;
    Json::Object result;
    for (const JsonMember& member : published.members()) {
        const bool is_about_both = member.key == "description" || member.key == "default";
        put(is_about_both ? result : number, member.key, member.value);
    }
    Json::Object bounds;
    Json::Array names;
    for (const std::string_view name : {"low", "likely", "high"}) {
        put(bounds, name, Json{number});
        names.push_back(Json{std::string(name)});
    }
    const Json range{Json::Object{{"type", Json{std::string("object")}},
                                  {"properties", Json{std::move(bounds)}},
                                  {"required", Json{std::move(names)}},
                                  {"additionalProperties", Json{false}}}};
    put(result, "anyOf", Json{Json::Array{Json{number}, range}});
    return Json{std::move(result)};
}

Json publish(const Json& schema) {
    const Json::Object* members = schema.object();
    if (members == nullptr) return schema;
    Json::Object result;
    for (const JsonMember& member : *members) {
        if (member.key.starts_with("x-")) continue;
        if (member.key == "properties") {
            publish_properties(member.value, result);
        } else if (member.key == "items" || member.key == "additionalProperties") {
            put(result, member.key, publish(member.value));
        } else if (member.key == "$defs") {
            Json::Object definitions;
            for (const JsonMember& definition : member.value.members()) {
                put(definitions, definition.key, publish(definition.value));
            }
            put(result, "$defs", Json{std::move(definitions)});
        } else {
            put(result, member.key, member.value);
        }
    }
    const std::string source = text_or(schema, "x-source", "");
    if (!source.empty()) {
        put(result, "description",
            Json{text_or(schema, "description", "") + " (default: " + source + ")"});
    }
    return Json{std::move(result)};
}

std::string type_words(const Json& rule) {
    const Json* words = rule.find("enum");
    if (words != nullptr) return join(texts_of(words), " | ");
    std::string text = join(texts_of(rule.find("type")), " or ");
    if (says_true(rule, "x-range")) text += " or range";
    for (const Limit& limit : limits) {
        const Json* bound = rule.find(limit.keyword);
        if (bound == nullptr || bound->number() == nullptr) continue;
        text += fmt::format(", {} {}", limit.words, bound->number_or_zero());
    }
    return text;
}

void add_rows(const Json& rule, const std::string& path, std::vector<SchemaRow>& rows) {
    const Json* properties = rule.find("properties");
    if (properties == nullptr) return;
    const std::vector<std::string> required = texts_of(rule.find("required"));
    for (const JsonMember& property : properties->members()) {
        const Json& schema = property.value;
        const Json* items = schema.find("items");
        const Json* value = schema.find("default");
        const bool is_list = items != nullptr && items->find("properties") != nullptr;
        const std::string here =
            (path.empty() ? "" : path + ".") + property.key + (is_list ? "[]" : "");
        const bool is_required =
            std::find(required.begin(), required.end(), property.key) != required.end();
        rows.push_back(
            {.path = here,
             .type = type_words(schema),
             .value = is_required ? "required" : (value == nullptr ? "" : to_json_text(*value)),
             .meaning = text_or(schema, "description", ""),
             .source = text_or(schema, "x-source", ""),
             .is_file = says_true(schema, "x-file")});
        add_rows(is_list ? *items : schema, here, rows);
    }
}

}  // namespace

Json published_schema(std::string_view schema_name) {
    const Json& schema = schema_named(schema_name);
    if (!says_true(schema, "x-verbatim")) return publish(schema);
    Json verbatim = schema;  // a schema of output: its numbers have one spelling
    std::erase_if(std::get<Json::Object>(verbatim.value),
                  [](const JsonMember& member) { return member.key.starts_with("x-"); });
    return verbatim;
}

std::vector<SchemaRow> schema_rows(std::string_view schema_name) {
    std::vector<SchemaRow> rows;
    add_rows(schema_named(schema_name), "", rows);
    return rows;
}

std::vector<std::string> schema_names() {
    return {"deployment", "report", "measurement", "server", "host"};
}

}  // namespace busyhour
