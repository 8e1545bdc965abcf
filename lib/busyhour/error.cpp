#include "busyhour/error.h"

#include <utility>

namespace busyhour {
namespace {

std::string to_text(const std::vector<Problem>& problems) {
    std::string text;
    for (const Problem& problem : problems) {
        if (!text.empty()) text += '\n';
        text += to_line(problem);
    }
    return text;
}

}  // namespace

std::string to_line(const Problem& problem) {
    std::string line = problem.where.empty() ? problem.what : problem.where + ": " + problem.what;
    if (!problem.remedy.empty()) line += "; " + problem.remedy;
    return line;
}

InputError::InputError(std::vector<Problem> problems)
    : std::runtime_error(to_text(problems)), problems_(std::move(problems)) {}

InputError::InputError(std::string where, std::string what, std::string remedy)
    : InputError(std::vector<Problem>{{std::move(where), std::move(what), std::move(remedy)}}) {}

}  // namespace busyhour
