#include "busyhour/plan/deployment_names.h"

#include "busyhour/catalog/fields.h"

#include <map>
#include <set>

namespace busyhour {

std::vector<Problem> repeated_names(const Json::Array& rows, const std::string& path) {
    std::vector<Problem> problems;
    std::map<std::string, std::size_t> first;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string name = text_if(rows[i], "name").value_or("");
        if (name.empty()) continue;
        const auto [earlier, is_new] = first.emplace(name, i);
        if (is_new) continue;
        problems.push_back(
            {pointer_to(path, i) + "/name",
             "\"" + name + "\" is the name of " + pointer_to(path, earlier->second) + " already",
             "give each its own name: reports and errors go by it"});
    }
    return problems;
}

std::vector<std::string> row_names(const Json::Array& rows, const std::string& noun) {
    std::set<std::string> given;
    for (const Json& row : rows) given.insert(text_if(row, "name").value_or(""));
    std::vector<std::string> names;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::string name = noun + " " + std::to_string(i + 1);
        while (given.contains(name)) name += " (unnamed)";
        names.push_back(text_if(rows[i], "name").value_or(name));
    }
    return names;
}

}  // namespace busyhour
