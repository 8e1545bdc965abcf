// internal: not installed
#pragma once

#include "busyhour/model/call_records.h"

#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// The calls of a log, and which of its columns were of no use.
struct CallLog {
    std::vector<CallRecord> records;
    std::vector<std::string> unused_columns;
    bool has_answered_column = false;
};

/// Call detail records: columns start, duration_s (or another unit of time) and perhaps answered.
///
/// A start is seconds since 1970-01-01, to which `utc_offset_s` is added, or a date and time such
/// as 2026-03-02 09:15:00, whose clock is taken as it stands. Without the column answered, calls
/// that lasted are answered. Throws InputError with the places of all faults, 50 at most.
CallLog read_call_log(std::string_view text, const std::string& name, double utc_offset_s);

}  // namespace busyhour
