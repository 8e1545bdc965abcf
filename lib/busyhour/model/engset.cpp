#include "busyhour/model/engset.h"

#include "busyhour/error.h"

#include <vector>

namespace busyhour {
namespace {

constexpr int largest_number = 10'000'000;
constexpr double largest_idle_erlang = 1e6;

void check(const SourceGroup& group) {
    std::vector<Problem> problems;
    if (group.sources < 1 || group.sources > largest_number) {
        problems.push_back({"sources", "must be 1 to 1e7", "erlang-b is for more"});
    }
    if (!(group.idle_source_erlang >= 0 && group.idle_source_erlang <= largest_idle_erlang)) {
        problems.push_back({"idle_source_erlang", "must be 0 to 1e6", "a phone has about 0.1"});
    }
    if (group.channels < 0 || group.channels > largest_number) {
        problems.push_back({"channels", "must be 0 to 1e7", "split larger groups"});
    }
    if (!problems.empty()) throw InputError(problems);
}

/// 1 / E(n), which grows from channel to channel and may reach infinity: E is 0 then.
class InverseCongestion {
public:
    InverseCongestion(int sources, double idle_source_erlang)
        : sources_(sources), idle_source_erlang_(idle_source_erlang) {}

    /// Adds one channel. Source: handbook-teletraffic, Engset recursion in the inverse.
    void add_channel() {
        ++channels_;
        if (channels_ > sources_) return;  // a channel that no source is left for
        inverse_ = 1 + inverse_ * channels_ /
                           (idle_source_erlang_ * static_cast<double>(sources_ - channels_ + 1));
    }

    [[nodiscard]] double probability() const { return channels_ > sources_ ? 0 : 1 / inverse_; }

private:
    int sources_;
    double idle_source_erlang_;
    int channels_ = 0;
    double inverse_ = 1;
};

double congestion(int sources, double idle_source_erlang, int channels) {
    if (channels == 0) return 1;
    if (idle_source_erlang == 0 || channels > sources) return 0;
    InverseCongestion inverse(sources, idle_source_erlang);
    for (int n = 0; n < channels; ++n) inverse.add_channel();
    return inverse.probability();
}

}  // namespace

double engset_call_probability(const SourceGroup& group) {
    check(group);
    return congestion(group.sources - 1, group.idle_source_erlang, group.channels);
}

double engset_time_probability(const SourceGroup& group) {
    check(group);
    return congestion(group.sources, group.idle_source_erlang, group.channels);
}

double engset_carried_erlang(const SourceGroup& group) {
    const double accepted_erlang = group.idle_source_erlang * (1 - engset_call_probability(group));
    return group.sources * accepted_erlang / (1 + accepted_erlang);
}

int engset_channels_for(const SourceGroup& group, double blocking_probability) {
    check(group);
    if (!(blocking_probability > 0 && blocking_probability < 1)) {
        throw InputError("blocking_probability", "must be more than 0 and less than 1",
                         "0.01 loses one call in a hundred");
    }
    if (group.idle_source_erlang == 0) return 0;
    InverseCongestion inverse(group.sources - 1, group.idle_source_erlang);
    int channels = 0;
    for (; inverse.probability() > blocking_probability; ++channels) inverse.add_channel();
    return channels;
}

}  // namespace busyhour
