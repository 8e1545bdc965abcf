#include "engine/measure/processor.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <unistd.h>

namespace busyhour::engine::measure {
namespace {

/// Empty where there is no such thread.
std::vector<int> processors_of_thread(int thread_id) {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> processors;
    if (sched_getaffinity(thread_id, sizeof set, &set) != 0) return processors;
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(static_cast<std::size_t>(i), &set)) processors.push_back(i);
    }
    return processors;
}

bool let_thread_run_on(int thread_id, const std::vector<int>& processors) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int processor : processors) CPU_SET(static_cast<std::size_t>(processor), &set);
    return sched_setaffinity(thread_id, sizeof set, &set) == 0;
}

std::vector<int> threads_of(int process_id) {
    std::vector<int> threads;
    std::error_code error;
    const std::string folder = "/proc/" + std::to_string(process_id) + "/task";
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename();
        int id = 0;
        std::from_chars(name.data(), name.data() + name.size(), id);
        if (id > 0) threads.push_back(id);
    }
    return threads;
}

}  // namespace

void run_on(int processor) {
    if (processor < 0) return;
    cpu_set_t set;  // no memory is taken: this also runs between fork and exec
    CPU_ZERO(&set);
    if (processor < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(processor), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        throw std::system_error(errno, std::generic_category(),
                                "running on processor " + std::to_string(processor));
    }
}

std::vector<int> own_processors() {
    std::vector<int> processors = processors_of_thread(0);
    if (processors.empty()) processors.push_back(-1);
    return processors;
}

std::vector<int> processors_of(const std::vector<int>& process_ids) {
    std::set<int> all;
    for (const int process_id : process_ids) {
        const std::vector<int> some = processors_of_thread(process_id);
        all.insert(some.begin(), some.end());
    }
    return {all.begin(), all.end()};
}

std::optional<double> busy_s_of(const std::vector<int>& processors) {
    std::ifstream file("/proc/stat");
    double busy_ticks = 0;
    std::size_t found = 0;
    for (std::string line; std::getline(file, line);) {
        std::istringstream fields(line);
        std::string label;
        fields >> label;
        if (!label.starts_with("cpu") || label == "cpu") continue;
        int processor = -1;
        std::from_chars(label.data() + 3, label.data() + label.size(), processor);
        if (std::find(processors.begin(), processors.end(), processor) == processors.end()) {
            continue;
        }
        ++found;
        double ticks = 0;
        constexpr int columns = 7;  // user, nice, system, idle, iowait, irq, softirq
        for (int column = 0; column < columns && fields >> ticks; ++column) {
            const bool is_idle = column == 3 || column == 4;
            if (!is_idle) busy_ticks += ticks;
        }
    }
    if (found == 0 || found != processors.size()) return std::nullopt;
    return busy_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

PinnedProcesses::PinnedProcesses(const std::vector<int>& process_ids,
                                 const std::vector<int>& processors) {
    for (const int process_id : process_ids) {
        for (const int thread : threads_of(process_id)) {
            Thread before{thread, processors_of_thread(thread)};
            if (before.processors.empty()) continue;  // it has ended meanwhile
            threads_.push_back(std::move(before));
            if (let_thread_run_on(thread, processors) || errno == ESRCH) continue;
            const int fault = errno;
            for (const Thread& done : threads_) let_thread_run_on(done.id, done.processors);
            throw std::system_error(fault, std::generic_category(),
                                    "pinning process " + std::to_string(process_id));
        }
    }
}

PinnedProcesses::~PinnedProcesses() {
    for (const Thread& thread : threads_) let_thread_run_on(thread.id, thread.processors);
}

}  // namespace busyhour::engine::measure
