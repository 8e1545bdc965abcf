#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace busyhour {

/// One fault in the user's data: where it is, what is wrong, what would be right.
struct Problem {
    std::string where;   ///< JSON Pointer, file:line:column, or option name
    std::string what;    ///< what is wrong
    std::string remedy;  ///< what would be right; empty when `what` says it already
};

/// The user's data is wrong. Carries every fault found, not only the first.
class InputError : public std::runtime_error {
public:
    explicit InputError(std::vector<Problem> problems);
    InputError(std::string where, std::string what, std::string remedy = {});

    [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }

private:
    std::vector<Problem> problems_;
};

/// "where: what; remedy", the line a user reads.
std::string to_line(const Problem& problem);

}  // namespace busyhour
