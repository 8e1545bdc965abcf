#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace busyhour::bench {

/// A program or a function in a process group of its own, pinned to one processor and ended with
/// the object.
class Process {
public:
    /// Runs a program; its output goes to `log`.
    Process(const std::vector<std::string>& command, int cpu, const std::string& log);
    /// Runs a function that does not return.
    Process(void (*function)(int), int argument, int cpu);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    [[nodiscard]] bool is_running() const;
    /// Of all processes of the group since their start.
    [[nodiscard]] double cpu_s() const;
    [[nodiscard]] double resident_bytes() const;
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    pid_t pid_ = -1;
};

/// What a program that ended by itself used and said.
struct Ended {
    int status = -1;  ///< of waitpid; -1: it could not be run, or was ended after `limit_s`
    double cpu_s = 0;
    double elapsed_s = 0;
};

/// Runs a program to its end, or for `limit_s`; its output goes to `log`.
Ended run_to_end(const std::vector<std::string>& command, int cpu, const std::string& log,
                 double limit_s);

/// Ends every group that this program started; may be called by a handler of signals.
void end_all() noexcept;

bool is_installed(const std::string& program);

}  // namespace busyhour::bench
