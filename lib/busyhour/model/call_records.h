#pragma once

#include "busyhour/model/day.h"

#include <array>
#include <vector>

namespace busyhour {

/// One call attempt of a log.
struct CallRecord {
    double start_s = 0;       ///< since midnight of any day that all records share, local time
    double duration_s = 0;    ///< that it held a channel, 0 to 86400
    bool is_answered = true;  ///< what rang and was not answered carries no traffic
};

/// The days and the hours of a log that are looked at.
struct RecordChoice {
    bool is_workdays_only =
        false;  ///< needs records that count from 1970-01-01: Saturday and Sunday left out
    double step_s = 900;  ///< hours begin at multiples of it: 900 (quarters) or 3600
};

/// Traffic of an hour of the day, mean over the days.
struct HourTraffic {
    double start_s = 0;                    ///< after midnight
    double carried_erlang = 0;             ///< calls in progress, mean over the hour
    double busy_hour_attempts_number = 0;  ///< begun within the hour: BHCA
};

/// What a log says about the busy hour.
struct CallSummary {
    int days = 0;                    ///< with at least one attempt; the others do not count
    double attempts_number = 0;      ///< on these days
    double answered_fraction = 0;    ///< of the attempts
    double mean_holding_time_s = 0;  ///< of answered calls; 0 without any
    HourTraffic time_consistent;     ///< the same hour of each day: busiest in the mean (TCBH)
    double average_peak_erlang = 0;  ///< each day its own busiest hour, mean over the days (ADPH)
    double busy_hour_fraction = 0;   ///< attempts of the time-consistent busy hour, of a day's
    std::array<double, 24> hourly_erlang{};  ///< by clock hour, mean over the days
};

/// The busy hour of a log of 1 record or more, up to 10000 days apart.
///
/// An answered call is traffic from its start to its end, also past the hour; what reaches into a
/// day without attempts is left out, and an hour lies within one day. Source: itu-e500.
CallSummary summarise(const std::vector<CallRecord>& records, const RecordChoice& choice = {});

/// A day's calls, when no log is at hand.
struct DailyCalls {
    double calls_per_day_number = 0;  ///< attempts, 0 or more
    double busy_hour_fraction = 0;    ///< of the day's attempts, 1/24 to 1
    double answered_fraction = 1;     ///< of the attempts, 0 to 1
    double holding_time_s = 0;        ///< mean of answered calls, 0 or more
};

/// Their busy hour: attempts and offered traffic. Source: handbook-teletraffic.
HourTraffic busy_hour_of(const DailyCalls& calls);

}  // namespace busyhour
