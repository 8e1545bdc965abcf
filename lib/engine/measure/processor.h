#pragma once

namespace busyhour::engine::measure {

/// The calling thread runs on that processor alone from now on; below 0: where it may now. Throws
/// std::system_error where the system refuses.
void run_on(int processor);

}  // namespace busyhour::engine::measure
