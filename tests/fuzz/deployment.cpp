// A deployment is what a stranger wrote: whatever it says, it is planned or refused with
// InputError.

#include "busyhour/plan/deployment.h"

#include "busyhour/error.h"
#include "busyhour/plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

constexpr std::size_t text_max = 16384;  // longer ones only repeat what shorter ones show

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > text_max) return 0;
    const std::string text(data, data + size);
    try {
        busyhour::make_plan(busyhour::read_deployment(text, "fuzz.json"));
    } catch (const busyhour::InputError&) {
        return 0;  // refused, as it may be; any other exception is a defect
    }
    return 0;
}
