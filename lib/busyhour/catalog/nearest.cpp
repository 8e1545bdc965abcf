#include "busyhour/catalog/nearest.h"

#include <algorithm>
#include <array>

namespace busyhour {
namespace {

constexpr std::size_t word_max = 64;  // longer words are no misspelling, and the table is quadratic

/// Edit distance in which two letters exchanged count once.
std::size_t distance(std::string_view a, std::string_view b) {
    a = a.substr(0, word_max);
    b = b.substr(0, word_max);
    std::array<std::array<std::size_t, word_max + 1>, word_max + 1> table{};
    for (std::size_t i = 0; i <= a.size(); ++i) table.at(i).at(0) = i;
    for (std::size_t j = 0; j <= b.size(); ++j) table.at(0).at(j) = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t& cell = table.at(i).at(j);
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            cell = std::min({table.at(i - 1).at(j) + 1, table.at(i).at(j - 1) + 1,
                             table.at(i - 1).at(j - 1) + change});
            const bool is_exchanged =
                i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_exchanged) cell = std::min(cell, table.at(i - 2).at(j - 2) + 1);
        }
    }
    return table.at(a.size()).at(b.size());
}

}  // namespace

std::string to_lower(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& known) {
    if (word.size() > word_max) return {};
    const std::string lower = to_lower(word);
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& name : known) {
        const std::string candidate = to_lower(name);
        const bool is_part = lower.size() >= 4 && candidate.find(lower) != candidate.npos;
        const std::size_t d = is_part ? std::min<std::size_t>(2, distance(lower, candidate))
                                      : distance(lower, candidate);
        if (d < best_distance) {
            best_distance = d;
            best = name;
        }
    }
    return best;
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += separator;
        text += word;
    }
    return text;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
    const std::string nearest = nearest_name(word, known);
    if (!nearest.empty()) return "did you mean \"" + nearest + "\"?";
    return "known: " + join(known);
}

}  // namespace busyhour
