#pragma once

#include <optional>
#include <vector>

namespace busyhour::engine::measure {

/// The calling thread runs on that processor alone from now on; below 0: where it may now. Throws
/// std::system_error where the system refuses.
void run_on(int processor);

/// The processors that this thread may use.
std::vector<int> own_processors();

/// The processors that one of these processes may use; empty where none is there.
std::vector<int> processors_of(const std::vector<int>& process_ids);

/// Time that these processors have spent on anything, in seconds since the system began; nothing
/// where it does not tell. Resolution: 10 ms.
std::optional<double> busy_s_of(const std::vector<int>& processors);

/// All threads of these processes run on `processors` until this is destroyed; then where they did
/// before. Throws std::system_error where the system refuses.
class PinnedProcesses {
public:
    PinnedProcesses(const std::vector<int>& process_ids, const std::vector<int>& processors);
    ~PinnedProcesses();
    PinnedProcesses(const PinnedProcesses&) = delete;
    PinnedProcesses& operator=(const PinnedProcesses&) = delete;

private:
    struct Thread {
        int id = 0;
        std::vector<int> processors;
    };
    std::vector<Thread> threads_;
};

}  // namespace busyhour::engine::measure
