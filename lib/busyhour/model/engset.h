#pragma once

namespace busyhour {

/// Few sources before a group of channels: a source with a call in progress starts no other.
struct SourceGroup {
    int sources = 1;  ///< 1 to 1e7
    double idle_source_erlang =
        0;             ///< calls/s of one source while it is idle x holding time, 0 to 1e6
    int channels = 0;  ///< 0 to 1e7
};

/// Part of the calls that find every channel busy: call congestion.
///
/// 0 where there is a channel for each source. What is too small for a normal double is 0.
/// Source: handbook-teletraffic, Engset recursion with one source less.
double engset_call_probability(const SourceGroup& group);

/// Part of the time in which every channel is busy: time congestion.
///
/// Source: handbook-teletraffic, Engset recursion.
double engset_time_probability(const SourceGroup& group);

/// Mean channels busy. Source: handbook-teletraffic, balance of calls begun and calls ended.
double engset_carried_erlang(const SourceGroup& group);

/// Fewest channels that block at most `blocking_probability` (inside 0 and 1) of the calls.
///
/// `group.channels` is not read. Source: handbook-teletraffic, Engset recursion.
int engset_channels_for(const SourceGroup& group, double blocking_probability);

}  // namespace busyhour
