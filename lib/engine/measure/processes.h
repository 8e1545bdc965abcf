#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace busyhour::engine::measure {

/// A process and all that descend from it, as they are now; empty where there is no such process.
std::vector<int> process_tree(int process_id);

/// Memory that these processes hold, what they share counted once between them (proportional set
/// size); 0 where the system does not tell.
std::uint64_t memory_bytes_of(const std::vector<int>& process_ids);

/// A program that runs until this is destroyed, in a process group of its own that ends with us.
class ChildProcess {
public:
    /// `processor` below 0: anywhere. Throws std::system_error.
    ChildProcess(const std::vector<std::string>& command, int processor);
    ~ChildProcess();  ///< asks it to end, and ends it after 5 s
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] int id() const noexcept { return process_id_; }

    /// The next line that it writes to standard error. Throws std::runtime_error with what it has
    /// written where it ends, or says nothing for `timeout_s`.
    std::string next_line(double timeout_s);

private:
    int process_id_ = -1;
    int errors_ = -1;  ///< the reading end of its standard error
    std::string unread_;
};

}  // namespace busyhour::engine::measure
