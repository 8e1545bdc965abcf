#include "engine/load/keep_awake.h"

#include <sched.h>

namespace busyhour::engine::load {
namespace {

/// A moment's rest for the other thread of the same core.
void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Of the calling thread. False where there is no such processor, or it is not ours.
bool move_to(int processor) noexcept {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(processor), &set);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

}  // namespace

KeepAwake::KeepAwake(bool is_wanted) {
    if (!is_wanted) return;
    follow();
    spinner_ = std::thread([this] { spin(); });
}

KeepAwake::~KeepAwake() {
    is_over_.store(true, std::memory_order_relaxed);
    if (spinner_.joinable()) spinner_.join();
}

void KeepAwake::follow() noexcept {
    const int processor = sched_getcpu();
    if (processor_.load(std::memory_order_relaxed) == processor) return;
    processor_.store(processor, std::memory_order_relaxed);
}

void KeepAwake::spin() noexcept {
    const sched_param any{};
    if (sched_setscheduler(0, SCHED_IDLE, &any) != 0) return;
    int at = -1;
    while (!is_over_.load(std::memory_order_relaxed)) {
        const int processor = processor_.load(std::memory_order_relaxed);
        if (processor != at) {
            if (processor < 0 || processor >= CPU_SETSIZE || !move_to(processor)) return;
            at = processor;
        }
        constexpr int spins = 64;
        for (int i = 0; i < spins; ++i) relax();
    }
}

}  // namespace busyhour::engine::load
