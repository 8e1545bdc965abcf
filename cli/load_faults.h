#pragma once

#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "engine/clock.h"
#include "engine/outbox.h"

#include <array>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

namespace busyhour::cli {

/// Faults of the command line, told together.
class Faults {
public:
    void add(const std::string& where, const std::string& what, const std::string& remedy) {
        problems_.push_back({where, what, remedy});
    }
    void expect(bool is_right, const char* where, double value, const char* range);
    /// Throws InputError where there are any.
    void tell() const;

private:
    std::vector<Problem> problems_;
};

/// What the word means; the first where it means nothing, which is a fault.
template <typename Value, std::size_t size>
Value choice(const std::array<std::pair<const char*, Value>, size>& known, const char* option,
             const std::string& word, Faults& faults) {
    std::vector<std::string> names;
    for (const auto& [name, value] : known) {
        if (word == name) return value;
        names.emplace_back(name);
    }
    faults.add(option, "no such choice \"" + word + "\"", suggestion(word, names));
    return known.front().second;
}

engine::Duration to_duration(double time_s);

/// The addresses of `--source`, with port 0, or else the one that leads to the target.
std::vector<engine::Peer> sources_of(const std::vector<std::string>& texts,
                                     const engine::Peer& target, Faults& faults);

/// Counts Ctrl-C and SIGTERM from now on: the first asks for a partial result, the second ends the
/// program.
const std::atomic<int>& catch_interrupts();

}  // namespace busyhour::cli
