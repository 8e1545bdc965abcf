#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// A child in a process group of its own, pinned to one processor, ended when this goes, when the
/// bench is interrupted and when the bench dies.
class Process {
public:
    Process(const std::vector<std::string>& command, int cpu, const std::string& log);
    ~Process() { stop(); }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// CPU of the whole group so far, in seconds.
    [[nodiscard]] double cpu_s() const;
    /// Resident memory of the first process, in bytes.
    [[nodiscard]] std::uint64_t resident_bytes() const;
    /// Sockets and files that the first process has open.
    [[nodiscard]] std::size_t open_files() const;
    [[nodiscard]] bool running();
    [[nodiscard]] int pid() const { return pid_; }
    /// The exit code, -1 where it was ended after `limit_s` seconds.
    int wait(double limit_s);
    /// User and system time of the ended process and its children, in seconds.
    [[nodiscard]] double spent_s() const { return spent_s_; }
    void stop();

private:
    bool reap(int options);

    int pid_ = 0;
    int status_ = 0;
    double spent_s_ = 0;
};

/// Ends every child at SIGINT, SIGTERM and SIGALRM (`limit_s` seconds from now), and exits.
void end_children_with_bench(unsigned limit_s);
void pin_to_cpu(int cpu);
double now_s();
void sleep_s(double duration_s);
std::string contents_of(const std::string& path);
/// Runs a shell command of no consequence to the measurement; its output.
std::string output_of(const std::string& command);

}  // namespace bench
