#include "bench/sip/process.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace busyhour::bench {
namespace {

std::array<std::atomic<pid_t>, 64> groups{};

void remember(pid_t group) {
    for (auto& slot : groups) {
        pid_t none = 0;
        if (slot.compare_exchange_strong(none, group)) return;
    }
}

void forget(pid_t group) {
    for (auto& slot : groups) {
        pid_t it = group;
        if (slot.compare_exchange_strong(it, 0)) return;
    }
}

/// What a child does before it becomes the program.
void settle(int cpu) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(static_cast<std::size_t>(cpu), &processors);
    sched_setaffinity(0, sizeof processors, &processors);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
}

pid_t start(const std::vector<std::string>& command, int cpu, const std::string& log) {
    const pid_t pid = fork();
    if (pid != 0) {
        if (pid > 0) setpgid(pid, pid);
        if (pid > 0) remember(pid);
        return pid;
    }
    settle(cpu);
    const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    std::vector<char*> arguments;
    std::vector<std::string> words = command;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
}

/// The processes of a group.
std::vector<std::string> members(pid_t group) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file("/proc/" + name + "/stat");
        std::string text;
        std::getline(file, text);
        std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
        std::string state;
        pid_t parent = 0;
        pid_t of = 0;
        if (rest >> state >> parent >> of && of == group) found.push_back(name);
    }
    return found;
}

}  // namespace

Process::Process(const std::vector<std::string>& command, int cpu, const std::string& log)
    : pid_(start(command, cpu, log)) {}

Process::Process(void (*function)(int), int argument, int cpu) : pid_(fork()) {
    if (pid_ == 0) {
        settle(cpu);
        function(argument);
        _exit(0);
    }
    if (pid_ > 0) remember(pid_);
}

Process::~Process() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGTERM);
    for (int i = 0; i < 300; ++i) {
        if (waitpid(pid_, nullptr, WNOHANG) != 0) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    forget(pid_);
}

bool Process::is_running() const {
    return pid_ > 0 && kill(pid_, 0) == 0 && waitpid(pid_, nullptr, WNOHANG) == 0;
}

double Process::cpu_s() const {
    double sum_s = 0;
    for (const std::string& process : members(pid_)) {
        std::error_code gone;
        for (const auto& task :
             std::filesystem::directory_iterator("/proc/" + process + "/task", gone)) {
            std::ifstream file(task.path() / "schedstat");
            double run_ns = 0;
            if (file >> run_ns) sum_s += run_ns / 1e9;
        }
    }
    return sum_s;
}

double Process::resident_bytes() const {
    double sum = 0;
    for (const std::string& process : members(pid_)) {
        std::ifstream file("/proc/" + process + "/statm");
        double total = 0;
        double resident = 0;
        if (file >> total >> resident) sum += resident * static_cast<double>(getpagesize());
    }
    return sum;
}

Ended run_to_end(const std::vector<std::string>& command, int cpu, const std::string& log,
                 double limit_s) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const auto elapsed_s = [&] {
        return std::chrono::duration<double>(Clock::now() - begin).count();
    };
    const pid_t pid = start(command, cpu, log);
    Ended ended;
    if (pid <= 0) return ended;
    rusage usage{};
    int status = 0;
    pid_t done = 0;
    while (done == 0 && elapsed_s() < limit_s) {
        done = wait4(pid, &status, WNOHANG, &usage);
        if (done == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ended.elapsed_s = elapsed_s();
    if (done == 0) {
        kill(-pid, SIGKILL);
        wait4(pid, &status, 0, &usage);
        status = -1;
    }
    forget(pid);
    ended.status = status;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    ended.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    return ended;
}

void end_all() noexcept {
    for (auto& slot : groups) {
        if (const pid_t group = slot.load(); group > 0) kill(-group, SIGKILL);
    }
}

bool is_installed(const std::string& program) {
    std::istringstream folders(std::string(std::getenv("PATH")) + ":/usr/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
    }
    return false;
}

}  // namespace busyhour::bench
