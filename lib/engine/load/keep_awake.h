#pragma once

#include <atomic>
#include <thread>

namespace busyhour::engine::load {

/// Keeps the processor of a generator from going to sleep while it waits for the next moment. The
/// host of a virtual machine gives an idle processor to somebody else, and brings it back
/// milliseconds after the timer. A thread of SCHED_IDLE spins there: it gives way to every other
/// one at once, and where the system refuses that class nothing spins.
class KeepAwake {
public:
    explicit KeepAwake(bool is_wanted);
    ~KeepAwake();
    KeepAwake(const KeepAwake&) = delete;
    KeepAwake& operator=(const KeepAwake&) = delete;

    /// The processor of the calling thread is the one to keep awake from now on.
    void follow() noexcept;

private:
    void spin() noexcept;

    std::atomic<bool> is_over_{false};
    std::atomic<int> processor_{-1};
    std::thread spinner_;
};

}  // namespace busyhour::engine::load
