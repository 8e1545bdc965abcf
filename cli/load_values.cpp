#include "cli/load_values.h"

#include "busyhour/report/format.h"

namespace busyhour::cli {

Json json_number(double value) {
    return Json{value};
}

Json json_number(std::uint64_t value) {
    return Json{static_cast<double>(value)};
}

Json json_fraction(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return Json{nullptr};
    return json_number(static_cast<double>(part) / static_cast<double>(whole));
}

Json json_quantiles(const engine::load::Histogram& histogram) {
    if (histogram.count() == 0) return Json{nullptr};
    Json::Object object;
    constexpr std::pair<const char*, double> wanted[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    for (const auto& [name, fraction] : wanted) {
        object.push_back(
            {name, json_number(engine::load::to_seconds(histogram.quantile(fraction)))});
    }
    object.push_back({"max", json_number(engine::load::to_seconds(histogram.largest()))});
    object.push_back({"mean", json_number(histogram.mean_s())});
    object.push_back({"count", json_number(histogram.count())});
    return Json{object};
}

void add_value_rows(const Json& value, const std::string& path, bool is_for_people, Table& table) {
    for (const JsonMember& member : value.members()) {
        const std::string name = path.empty() ? member.key : path + "." + member.key;
        if (member.value.object() != nullptr) {
            add_value_rows(member.value, name, is_for_people, table);
        } else if (const double* found = member.value.number()) {
            table.rows.push_back({name, is_for_people ? to_words(*found) : to_digits(*found)});
        } else if (const std::string* text = member.value.text()) {
            table.rows.push_back({name, *text});
        } else if (const bool* truth = member.value.boolean()) {
            table.rows.push_back({name, *truth ? "true" : "false"});
        } else {
            table.rows.push_back({name, is_for_people ? "none" : ""});
        }
    }
}

std::string milliseconds_words(const Json* value) {
    return value == nullptr || value->number() == nullptr
               ? "n/a"
               : to_words(*value->number() * 1000) + " ms";
}

Table quantile_table() {
    return {.columns = {{"delay"},
                        {"p50", Align::right},
                        {"p90", Align::right},
                        {"p99", Align::right},
                        {"p999", Align::right},
                        {"max", Align::right}},
            .rows = {}};
}

void add_quantile_row(const std::string& name, const Json* quantiles, Table& table) {
    if (quantiles == nullptr || quantiles->object() == nullptr) return;
    std::vector<std::string> row{name};
    for (const char* key : {"p50", "p90", "p99", "p999", "max"}) {
        row.push_back(milliseconds_words(quantiles->find(key)));
    }
    table.rows.push_back(std::move(row));
}

}  // namespace busyhour::cli
