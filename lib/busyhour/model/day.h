#pragma once

namespace busyhour {

constexpr double hour_s = 3600;
constexpr double day_s = 86400;

}  // namespace busyhour
