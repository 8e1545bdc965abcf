#include "busyhour/catalog/nearest.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace busyhour {
namespace {

constexpr std::size_t word_max = 64;  // longer words are no misspelling, and the table is quadratic

/// Levenshtein distance, ignoring case.
std::size_t distance(std::string_view a, std::string_view b) {
    b = b.substr(0, word_max);
    std::array<std::size_t, word_max + 1> row{};
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substitute});
        }
    }
    return row.at(b.size());
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
