#pragma once

#include "engine/clock.h"

#include <cstddef>
#include <string_view>

namespace busyhour::engine::load {

/// What the calls of a generator say to each other: each place of a call has a caller (end 0) and
/// a callee (end 1). Called by the generator's thread.
class CallTalk {
public:
    virtual ~CallTalk() = default;

    /// The session description of an end; it never changes.
    [[nodiscard]] virtual std::string_view description(std::size_t place,
                                                       unsigned end) const noexcept = 0;
    /// The end has got this description of the other one.
    virtual void described(std::size_t place, unsigned end, std::string_view sdp) noexcept = 0;
    /// The call is up.
    virtual void begin(std::size_t place) noexcept = 0;
    /// The call is over; also told where it never came about.
    virtual void end(std::size_t place) noexcept = 0;
};

}  // namespace busyhour::engine::load
