#include "engine/measure/processes.h"

#include "engine/io/event_loop.h"
#include "engine/load/histogram.h"
#include "engine/measure/processor.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <poll.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace busyhour::engine::measure {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// The second field behind the name in /proc/PID/stat; the name may hold spaces and brackets.
std::optional<int> parent_of(const std::filesystem::path& process) {
    std::string line;
    if (!std::getline(std::ifstream(process / "stat"), line)) return std::nullopt;
    const std::size_t end = line.rfind(')');
    if (end == std::string::npos) return std::nullopt;
    std::istringstream fields(line.substr(end + 1));
    std::string state;
    int parent = 0;
    if (!(fields >> state >> parent)) return std::nullopt;
    return parent;
}

/// Each process of this host and its parent.
std::vector<std::pair<int, int>> processes_and_parents() {
    std::vector<std::pair<int, int>> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
        const std::string name = entry.path().filename();
        int process_id = 0;
        const auto [rest, fault] =
            std::from_chars(name.data(), name.data() + name.size(), process_id);
        if (fault != std::errc{} || rest != name.data() + name.size()) continue;
        if (const auto parent = parent_of(entry.path())) found.emplace_back(process_id, *parent);
    }
    return found;
}

/// What a child does between fork and exec: nothing that another thread's lock could stop.
[[noreturn]] void become(char* const* arguments, int errors, int processor, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGPIPE, SIG_DFL);
    run_on(processor);
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    execvp(arguments[0], arguments);
    _exit(127);
}

bool has_ended(int process_id) {
    siginfo_t info{};
    const auto id = static_cast<id_t>(process_id);
    return waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == process_id;
}

}  // namespace

std::vector<int> process_tree(int process_id) {
    std::vector<std::pair<int, int>> all = processes_and_parents();
    std::vector<int> tree;
    for (const auto& [process, parent] : all) {
        if (process == process_id) tree.push_back(process);
    }
    for (std::size_t done = 0; done < tree.size(); ++done) {
        for (const auto& [process, parent] : all) {
            if (parent == tree[done]) tree.push_back(process);
        }
    }
    return tree;
}

std::uint64_t memory_bytes_of(const std::vector<int>& process_ids) {
    std::uint64_t sum_kib = 0;
    for (const int process_id : process_ids) {
        std::ifstream file("/proc/" + std::to_string(process_id) + "/smaps_rollup");
        for (std::string line; std::getline(file, line);) {
            if (!line.starts_with("Pss:")) continue;
            std::uint64_t part_kib = 0;
            std::istringstream(line.substr(4)) >> part_kib;
            sum_kib += part_kib;
        }
    }
    return sum_kib * 1024;
}

ChildProcess::ChildProcess(const std::vector<std::string>& command, int processor) {
    std::vector<std::string> words = command;
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) refuse("a pipe");
    const pid_t self = getpid();
    process_id_ = fork();
    if (process_id_ == 0) become(arguments.data(), ends[1], processor, self);
    const int fault = errno;
    close(ends[1]);
    errors_ = ends[0];
    if (process_id_ < 0) {
        close(errors_);
        errno = fault;
        refuse("starting " + command.front());
    }
    setpgid(process_id_, process_id_);  // whoever of the two comes first
}

ChildProcess::~ChildProcess() {
    kill(-process_id_, SIGTERM);
    const Time limit = io::clock_now() + std::chrono::seconds(5);
    // It may still be telling: a full pipe would hold it.
    std::array<char, 4096> room{};
    for (;;) {
        const int left_ms =
            static_cast<int>((limit - io::clock_now()) / std::chrono::milliseconds(1));
        pollfd ready{errors_, POLLIN, 0};
        if (left_ms <= 0 || poll(&ready, 1, left_ms) <= 0) break;
        if (read(errors_, room.data(), room.size()) <= 0) break;
    }
    // The pipe's end comes a moment before the process's. It is looked at and not yet reaped, so
    // that its number is still its own when the group is ended.
    const timespec moment{.tv_sec = 0, .tv_nsec = 10'000'000};
    while (!has_ended(process_id_) && io::clock_now() < limit) nanosleep(&moment, nullptr);
    kill(-process_id_, SIGKILL);
    waitpid(process_id_, nullptr, 0);
    close(errors_);
}

std::string ChildProcess::next_line(double timeout_s) {
    const Time limit = io::clock_now() + Duration(static_cast<Duration::rep>(timeout_s * 1e9));
    std::size_t end = unread_.find('\n');
    while (end == std::string::npos) {
        const int left_ms =
            static_cast<int>((limit - io::clock_now()) / std::chrono::milliseconds(1));
        pollfd ready{errors_, POLLIN, 0};
        std::array<char, 4096> room{};
        ssize_t size = 0;
        if (left_ms > 0 && poll(&ready, 1, left_ms) > 0) {
            size = read(errors_, room.data(), room.size());
        }
        if (size <= 0) throw std::runtime_error("it did not become ready: " + unread_);
        unread_.append(room.data(), static_cast<std::size_t>(size));
        end = unread_.find('\n');
    }
    std::string line = unread_.substr(0, end);
    unread_.erase(0, end + 1);
    return line;
}

}  // namespace busyhour::engine::measure
