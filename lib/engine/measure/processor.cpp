#include "engine/measure/processor.h"

#include <cerrno>
#include <sched.h>
#include <string>
#include <system_error>

namespace busyhour::engine::measure {

void run_on(int processor) {
    if (processor < 0) return;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (processor < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(processor), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        throw std::system_error(errno, std::generic_category(),
                                "running on processor " + std::to_string(processor));
    }
}

}  // namespace busyhour::engine::measure
