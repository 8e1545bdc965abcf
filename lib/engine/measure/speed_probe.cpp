#include "engine/measure/speed_probe.h"

#include "engine/io/event_loop.h"
#include "engine/load/histogram.h"
#include "engine/measure/processor.h"

namespace busyhour::engine::measure {
namespace {

constexpr Duration pause = std::chrono::milliseconds(15);

/// About 25 us of each kind, after one to warm the caches that the subject has filled.
constexpr std::array<unsigned, yardsticks_number> pieces{16, 40, 64, 1};

}  // namespace

SpeedProbe::SpeedProbe(Yardsticks& yardsticks, int processor, Duration span)
    : yardsticks_(yardsticks), thread_([this, processor, span] { run(processor, span); }) {}

SpeedProbe::~SpeedProbe() {
    join();
}

YardstickReading SpeedProbe::stop(std::size_t least_samples) {
    join();
    if (failure_) std::rethrow_exception(failure_);
    YardstickReading reading;
    if (samples_number_ < least_samples) return reading;
    for (std::size_t i = 0; i < yardsticks_number; ++i) {
        reading.at(i) = {.per_s = done_number_.at(i) / clock_s_.at(i),
                         .per_cpu_s = done_number_.at(i) / cpu_s_.at(i)};
    }
    return reading;
}

void SpeedProbe::join() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void SpeedProbe::run(int processor, Duration span) {
    try {
        run_on(processor);
        const Time end = io::clock_now() + span;
        do {
            take_sample();
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, pause, [this] { return is_over_; })) return;
        } while (io::clock_now() < end);
    } catch (...) {
        failure_ = std::current_exception();
    }
}

void SpeedProbe::take_sample() {
    for (std::size_t i = 0; i < yardsticks_number; ++i) {
        const auto kind = static_cast<Yardstick>(i);
        yardsticks_.repeat(kind, 1);
        const YardstickTime time = yardsticks_.repeat(kind, pieces.at(i));
        done_number_.at(i) += pieces.at(i);
        cpu_s_.at(i) += load::to_seconds(time.cpu);
        clock_s_.at(i) += load::to_seconds(time.clock);
    }
    ++samples_number_;
}

}  // namespace busyhour::engine::measure
