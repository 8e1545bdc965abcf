#pragma once

#include "engine/measure/yardstick.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace busyhour::engine::measure {

/// The speed of a processor while something else is measured on it: every now and then a little of
/// each kind of work, about one hundredth of the processor's time.
///
/// A neighbour on the same core of the host comes and goes within a run, so that yardsticks before
/// and after it do not tell how fast the processor was meanwhile.
class SpeedProbe {
public:
    /// Begins at once, and ends by itself after `span`. No other may use the yardsticks meanwhile.
    SpeedProbe(Yardsticks& yardsticks, int processor, Duration span);
    ~SpeedProbe();
    SpeedProbe(const SpeedProbe&) = delete;
    SpeedProbe& operator=(const SpeedProbe&) = delete;

    /// Ends it. Rates by CPU time and, as the thread waits for its turn, lower ones by the clock;
    /// 0 where there were fewer than `least_samples`. Throws what the work has thrown.
    YardstickReading stop(std::size_t least_samples);

private:
    void run(int processor, Duration span);
    void take_sample();
    void join();

    Yardsticks& yardsticks_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool is_over_ = false;
    std::exception_ptr failure_;
    std::size_t samples_number_ = 0;
    std::array<double, yardsticks_number> done_number_{};
    std::array<double, yardsticks_number> cpu_s_{};
    std::array<double, yardsticks_number> clock_s_{};
    std::thread thread_;
};

}  // namespace busyhour::engine::measure
