#include "process.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace bench {
namespace {

std::array<volatile sig_atomic_t, 16> groups{};

void remember(int pid, bool is_there) {
    for (auto& group : groups) {
        if (group == (is_there ? 0 : pid)) {
            group = is_there ? pid : 0;
            return;
        }
    }
}

extern "C" void end_all(int signal_number) {
    for (const auto& group : groups) {
        if (group != 0) kill(-group, SIGKILL);
    }
    _exit(128 + signal_number);
}

/// Fields of /proc/PID/stat behind the name: the third is the process group.
int group_of(const std::string& pid) {
    const std::string stat = contents_of("/proc/" + pid + "/stat");
    const std::size_t end = stat.rfind(')');
    if (end == std::string::npos) return 0;
    std::istringstream fields(stat.substr(end + 1));
    std::string state;
    int parent = 0;
    int group = 0;
    fields >> state >> parent >> group;
    return group;
}

double threads_cpu_s(const std::string& pid) {
    double sum_s = 0;
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + pid + "/task", error)) {
        std::istringstream text(contents_of(task.path().string() + "/schedstat"));
        double spent_ns = 0;
        text >> spent_ns;
        sum_s += spent_ns / 1e9;
    }
    return sum_s;
}

[[noreturn]] void become(const std::vector<std::string>& command, int cpu, const std::string& log,
                         int parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_DFL);
    if (getppid() != parent) _exit(127);
    pin_to_cpu(cpu);
    const int in = open("/dev/null", O_RDONLY);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, int cpu, const std::string& log) {
    const int parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) become(command, cpu, log, parent);
    setpgid(pid_, pid_);
    remember(pid_, true);
}

double Process::cpu_s() const {
    double sum_s = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        if (group_of(name) == pid_) sum_s += threads_cpu_s(name);
    }
    return sum_s;
}

std::uint64_t Process::resident_bytes() const {
    std::istringstream text(contents_of("/proc/" + std::to_string(pid_) + "/statm"));
    std::uint64_t all = 0;
    std::uint64_t resident = 0;
    text >> all >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::size_t Process::open_files() const {
    std::size_t number = 0;
    std::error_code error;
    const std::string folder = "/proc/" + std::to_string(pid_) + "/fd";
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        number += entry.path().empty() ? 0U : 1U;
    }
    return number;
}

bool Process::reap(int options) {
    if (pid_ == 0) return true;
    rusage usage{};
    if (wait4(pid_, &status_, options, &usage) != pid_) return false;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    spent_s_ = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    kill(-pid_, SIGKILL);  // what it left behind
    remember(pid_, false);
    pid_ = 0;
    return true;
}

bool Process::running() {
    return !reap(WNOHANG);
}

int Process::wait(double limit_s) {
    const double end_s = now_s() + limit_s;
    while (running()) {
        if (now_s() > end_s) {
            stop();
            return -1;
        }
        sleep_s(0.01);
    }
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

void Process::stop() {
    if (pid_ == 0) return;
    kill(-pid_, SIGTERM);
    for (int round = 0; round < 200 && running(); ++round) sleep_s(0.01);
    if (pid_ == 0) return;
    kill(-pid_, SIGKILL);
    reap(0);
}

void end_children_with_bench(unsigned limit_s) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGALRM}) signal(number, end_all);
    signal(SIGPIPE, SIG_IGN);
    alarm(limit_s);
}

void pin_to_cpu(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu), &set);
    sched_setaffinity(0, sizeof set, &set);
}

double now_s() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void sleep_s(double duration_s) {
    std::this_thread::sleep_for(std::chrono::duration<double>(duration_s));
}

std::string contents_of(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string output_of(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return {};
    std::string text;
    std::array<char, 4096> buffer{};
    while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
    pclose(pipe);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

}  // namespace bench
