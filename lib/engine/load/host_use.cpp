#include "engine/load/host_use.h"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <system_error>

namespace busyhour::engine::load {

Duration thread_cpu_time() noexcept {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

std::optional<Duration> processes_cpu_time(const std::vector<int>& process_ids) {
    Duration sum{0};
    for (const int process_id : process_ids) {
        const std::string folder = "/proc/" + std::to_string(process_id) + "/task";
        std::error_code error;
        bool has_threads = false;
        for (const auto& thread : std::filesystem::directory_iterator(folder, error)) {
            std::int64_t on_cpu_ns = 0;
            if (std::ifstream(thread.path() / "schedstat") >> on_cpu_ns) has_threads = true;
            sum += Duration(on_cpu_ns);
        }
        if (!has_threads) return std::nullopt;
    }
    return sum;
}

std::uint64_t memory_most_bytes() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    constexpr std::uint64_t bytes_per_unit = 1024;
    return static_cast<std::uint64_t>(use.ru_maxrss) * bytes_per_unit;
}

HostTime host_time() {
    std::ifstream file("/proc/stat");
    std::string label;
    file >> label;
    HostTime time;
    constexpr int stolen_column = 7;
    double ticks_number = 0;
    for (int column = 0; column <= stolen_column && file >> ticks_number; ++column) {
        time.all_number += ticks_number;
        if (column == stolen_column) time.stolen_number = ticks_number;
    }
    return time;
}

double stolen_fraction(const HostTime& before, const HostTime& after) {
    const double all = after.all_number - before.all_number;
    return all > 0 ? (after.stolen_number - before.stolen_number) / all : 0;
}

}  // namespace busyhour::engine::load
