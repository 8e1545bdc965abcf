#include "busyhour/model/storm.h"

#include "busyhour/model/storm_input.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <utility>

namespace busyhour {
namespace {

constexpr std::size_t levels_max = 16;  // failures in a row that are told apart

/// An amount of endpoints by their failures in a row.
using Levels = std::array<double, levels_max>;

/// Failures in a row after which the wait grows no more, and one for none.
std::size_t levels_of(const RetryTimers& timers) {
    std::size_t levels = 2;
    while (levels < levels_max &&
           backoff_s(timers, static_cast<int>(levels) - 1) < timers.backoff_max_s) {
        ++levels;
    }
    return levels;
}

/// One round trip of a group: opening a connection, or a REGISTER and its answer.
struct Stage {
    double work = 0;
    bool is_connection = false;
    bool is_shed = true;  ///< whether an overloaded server rejects it: not what has credentials
};

/// Endpoints that began a stage in the same step and are not answered.
struct Cohort {
    double unheard = 0;  ///< nothing of theirs has reached the server
    double queued = 0;   ///< their first request waits in the server
    Levels shares{};     ///< parts of 1, by failures
};

/// What one cohort has in one batch of the queue.
struct Entry {
    std::size_t group = 0;
    std::size_t stage = 0;
    long step = 0;     ///< in which the cohort began
    double first = 0;  ///< requests of endpoints that had none in the queue
    double again = 0;  ///< repeated ones
};

/// What reached a queue in one step; it is served from the front, evenly within a batch.
struct Batch {
    long step = 0;
    double left_fraction = 1;
    double messages = 0;
    double work = 0;
    double shed_work = 0;
    std::vector<Entry> entries;
};

struct Backlog {
    std::deque<Batch> batches;
    double messages = 0;
    double work = 0;
};

/// Endpoints that come back evenly between two steps: the difference of the rate at each step.
struct Returns {
    std::vector<double> change_per_step;
    double rate_per_step = 0;
};

enum ReturnKind : std::size_t { after_backoff, after_rejection };

struct EndpointGroup {
    std::vector<Stage> stages;
    std::size_t first_request = 0;  ///< stage of the first REGISTER
    double endpoints = 0;
    bool is_udp = true;
    std::vector<std::vector<Cohort>> cohorts;                ///< by stage, then a ring of steps
    std::vector<std::vector<Levels>> due;                    ///< by stage, then a ring of steps
    std::array<std::array<Returns, levels_max>, 2> returns;  ///< by kind and failures
};

/// The storm step by step.
class Run {
public:
    explicit Run(const Storm& storm)
        : storm_(storm),
          server_(storm.server),
          steps_(steps_of(storm.horizon_s)),
          timeout_steps_(steps_of(transaction_timeout_s(storm.timers))),
          trip_steps_(std::max(1L, steps_of(storm.round_trip_s))),
          levels_(levels_of(storm.timers)),
          budget_(server_.capacity_per_s / storm.steps_per_s) {
        for (const double time_s : transmission_times(storm.timers.t1_s, storm.timers.t2_s)) {
            offsets_.push_back(steps_of(time_s));
        }
        for (const StormGroup& group : storm.groups) add_group(group);
        registered_due_.resize(static_cast<std::size_t>(trip_steps_) + 1);
        tolerance_ = std::min(0.5, all_ * 1e-3);
    }

    StormOutcome run() {
        for (now_ = 0; now_ < steps_; ++now_) {
            if (all_ - outcome_.registered_number <= tolerance_) {
                outcome_.end = StormEnd::recovered;
                outcome_.recovery_s = time_s(now_);
                break;
            }
            fail_late();
            begin_stages();
            transmit();
            serve_all();
            register_due();
            if ((now_ + 1) % storm_.steps_per_s == 0) close_second(time_s(now_ + 1));
        }
        if (now_ % storm_.steps_per_s != 0) close_second(time_s(now_));
        finish();
        return std::move(outcome_);
    }

private:
    [[nodiscard]] long steps_of(double time_s) const {
        return std::lround(time_s * storm_.steps_per_s);
    }
    [[nodiscard]] double time_s(long step) const {
        return static_cast<double>(step) / storm_.steps_per_s;
    }
    [[nodiscard]] static std::size_t slot(long step, std::size_t size) {
        return static_cast<std::size_t>(step) % size;
    }
    [[nodiscard]] double sum_of(const Levels& levels) const {
        double sum = 0;
        for (std::size_t level = 0; level < levels_; ++level) sum += levels[level];
        return sum;
    }
    [[nodiscard]] bool is_alive(long begun) const { return now_ - begun < timeout_steps_; }
    [[nodiscard]] Cohort& cohort(EndpointGroup& group, std::size_t stage, long step) const {
        std::vector<Cohort>& ring = group.cohorts[stage];
        return ring[slot(step, ring.size())];
    }

    void add_group(const StormGroup& from) {
        EndpointGroup group;
        group.endpoints = from.endpoints_number;
        group.is_udp = from.is_udp;
        if (!from.is_udp) group.stages.push_back({from.connection_work_number, true, true});
        group.first_request = group.stages.size();
        for (const double work : from.request_works) {
            group.stages.push_back({work, false, group.stages.size() == group.first_request});
        }
        const auto ring = static_cast<std::size_t>(timeout_steps_) + 1;
        group.cohorts.assign(group.stages.size(), std::vector<Cohort>(ring));
        group.due.assign(group.stages.size(),
                         std::vector<Levels>(static_cast<std::size_t>(trip_steps_) + 1));
        all_ += from.endpoints_number;
        groups_.push_back(std::move(group));
    }

    /// Answers that arrive by the end of this step.
    void register_due() {
        double& due = registered_due_[slot(now_ + 1, registered_due_.size())];
        outcome_.registered_number += due;
        second_registered_ += due;
        on_the_way_ -= due;
        due = 0;
    }

    /// Transactions of that age end: Timer F.
    void fail_late() {
        const long begun = now_ - timeout_steps_;
        if (begun < 0) return;
        for (EndpointGroup& group : groups_) {
            for (std::size_t stage = 0; stage < group.stages.size(); ++stage) {
                Cohort& late = cohort(group, stage, begun);
                fail(group, late.shares, late.unheard + late.queued);
                late = Cohort{};
            }
        }
    }

    void fail(EndpointGroup& group, const Levels& shares, double endpoints) {
        if (endpoints <= 0) return;
        outcome_.timeouts_number += endpoints;
        outcome_.gave_up_number += endpoints * shares[0];
        for (std::size_t level = 0; level < levels_; ++level) {
            if (shares[level] <= 0) continue;
            const std::size_t next = std::min(level + 1, levels_ - 1);
            const double longest_s = backoff_s(storm_.timers, static_cast<int>(next));
            // RFC 5626 4.5: the wait is even between half of W and W.
            come_back(group.returns[after_backoff][next], endpoints * shares[level], longest_s / 2,
                      longest_s);
        }
    }

    /// Spreads the return of endpoints over the time from `shortest_s` to `longest_s` from now.
    void come_back(Returns& returns, double endpoints, double shortest_s, double longest_s) {
        backing_off_ += endpoints;
        const long from = now_ + std::max(1L, steps_of(shortest_s));
        const long to = std::max(from + 1, now_ + steps_of(longest_s));
        const double each = endpoints / static_cast<double>(to - from);
        if (returns.change_per_step.empty()) {
            returns.change_per_step.assign(static_cast<std::size_t>(steps_) + 1, 0);
        }
        if (from > steps_) return;
        returns.change_per_step[static_cast<std::size_t>(from)] += each;
        returns.change_per_step[static_cast<std::size_t>(std::min(to, steps_))] -= each;
    }

    [[nodiscard]] double arrivals_until(long step) const {
        if (storm_.window_s <= 0) return 1;
        return std::min(1.0, time_s(step) / storm_.window_s);
    }

    /// Those who begin in this step: first arrivals, those back from a wait, and those for whom the
    /// answer to the stage before has come.
    void begin_stages() {
        const double fraction = arrivals_until(now_ + 1) - (now_ == 0 ? 0.0 : arrivals_until(now_));
        for (EndpointGroup& group : groups_) {
            for (std::size_t stage = 0; stage < group.stages.size(); ++stage) {
                Levels& due = group.due[stage][slot(now_, group.due[stage].size())];
                on_the_way_ -= sum_of(due);
                if (stage == 0) {
                    due[0] += group.endpoints * fraction;
                    arrived_ += group.endpoints * fraction;
                    take_returns(group, after_backoff, due);
                }
                if (stage == group.first_request) take_returns(group, after_rejection, due);
                begin(cohort(group, stage, now_), due);
                due = Levels{};
            }
        }
    }

    void take_returns(EndpointGroup& group, ReturnKind kind, Levels& levels) {
        for (std::size_t level = 0; level < levels_; ++level) {
            Returns& returns = group.returns[kind][level];
            if (returns.change_per_step.empty()) continue;
            returns.rate_per_step += returns.change_per_step[static_cast<std::size_t>(now_)];
            const double back = std::max(0.0, returns.rate_per_step);
            levels[level] += back;
            backing_off_ -= back;
        }
    }

    void begin(Cohort& cohort, const Levels& levels) const {
        const double endpoints = sum_of(levels);
        cohort = Cohort{};
        if (endpoints <= 0) return;
        cohort.unheard = endpoints;
        for (std::size_t level = 0; level < levels_; ++level) {
            cohort.shares[level] = levels[level] / endpoints;
        }
    }

    /// What leaves the endpoints in this step, by queue.
    void transmit() {
        for (Batch& batch : arriving_) {
            batch.step = now_;
            batch.entries.clear();
        }
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            EndpointGroup& group = groups_[i];
            const std::size_t times = group.is_udp ? offsets_.size() : 1;
            for (std::size_t stage = 0; stage < group.stages.size(); ++stage) {
                for (std::size_t j = 0; j < times; ++j) send(i, stage, now_ - offsets_[j]);
            }
        }
    }

    void send(std::size_t index, std::size_t stage, long begun) {
        if (begun < 0 || !is_alive(begun)) return;
        EndpointGroup& group = groups_[index];
        const Cohort& from = cohort(group, stage, begun);
        const double messages = from.unheard + from.queued;
        if (messages <= 0) return;
        const bool is_connection = group.stages[stage].is_connection;
        (is_connection ? outcome_.connections_number : second_offered_) += messages;
        Batch& batch = arriving_[group.is_udp ? 0 : 1];
        batch.entries.push_back({index, stage, begun, from.unheard, from.queued});
    }

    void weigh(Batch& batch) const {
        batch.messages = batch.work = batch.shed_work = 0;
        for (const Entry& entry : batch.entries) {
            const Stage& stage = groups_[entry.group].stages[entry.stage];
            const double again = server_.retransmission_work_factor;
            const double shed = stage.is_shed ? server_.shed_work_factor : 1;
            batch.messages += entry.first + entry.again;
            batch.work += stage.work * (entry.first + entry.again * again);
            batch.shed_work +=
                stage.work * (entry.first * shed + entry.again * std::min(again, shed));
        }
    }

    /// UDP and connections have workers of their own: where both are busy each has half the server.
    void serve_all() {
        std::array<double, 2> wanted{};
        for (std::size_t i = 0; i < 2; ++i) {
            weigh(arriving_[i]);
            wanted[i] = queues_[i].work + arriving_[i].work;
        }
        for (std::size_t i = 0; i < 2; ++i) {
            double left = std::min(wanted[i], std::max(budget_ / 2, budget_ - wanted[1 - i]));
            const double given = left;
            double shed_left = server_.sheds ? given * shed_share_fraction : 0;
            serve(queues_[i], left, shed_left);
            accept(i, left);
            serve(queues_[i], left, shed_left);
            second_work_ += given - left;
        }
    }

    /// What finds room goes into the queue; the datagrams that do not are lost.
    void accept(std::size_t index, double left) {
        Batch& batch = arriving_[index];
        if (batch.messages <= 0) return;
        Backlog& queue = queues_[index];
        double fraction = 1;
        if (index == 0) {
            const double room = std::max(0.0, server_.queue_number - queue.messages) +
                                left * batch.messages / batch.work;
            fraction = std::min(1.0, room / batch.messages);
            if (fraction <= 0) return;
        }
        for (Entry& entry : batch.entries) {
            entry.first *= fraction;
            entry.again *= fraction;
            Cohort& from = cohort(groups_[entry.group], entry.stage, entry.step);
            from.unheard = std::max(0.0, from.unheard - entry.first);
            from.queued += entry.first;
        }
        weigh(batch);
        queue.messages += batch.messages;
        queue.work += batch.work;
        queue.batches.push_back(batch);
    }

    /// Works from the front of the queue: first what is late is rejected, then the rest is
    /// answered.
    void serve(Backlog& queue, double& left, double& shed_left) {
        while (!queue.batches.empty() && shed_left > 0 && left > 0) {
            Batch& batch = queue.batches.front();
            if (time_s(now_ - batch.step) < server_.shed_wait_s) break;
            const double before = left;
            double part = std::min(left, shed_left);
            left -= part;
            serve_batch(queue, batch, part, true);
            left += part;
            shed_left -= before - left;
        }
        while (!queue.batches.empty() && (left > 0 || queue.batches.front().work <= 0)) {
            serve_batch(queue, queue.batches.front(), left, false);
        }
    }

    void serve_batch(Backlog& queue, Batch& batch, double& left, bool is_shed) {
        const double work = is_shed ? batch.shed_work : batch.work;
        const double needed = work * batch.left_fraction;
        const bool is_all = needed <= left;
        const double part = is_all ? batch.left_fraction : left / work;
        for (const Entry& entry : batch.entries) answer(entry, part, is_shed);
        left = is_all ? left - needed : 0;
        batch.left_fraction -= part;
        queue.messages -= batch.messages * part;
        queue.work -= batch.work * part;
        if (!is_all) return;
        queue.batches.pop_front();
        if (!queue.batches.empty()) return;
        queue.messages = queue.work = 0;  // no rounding is left behind
    }

    void answer(const Entry& entry, double part, bool is_shed) {
        if (!is_alive(entry.step) || entry.first <= 0) return;
        EndpointGroup& group = groups_[entry.group];
        Cohort& from = cohort(group, entry.stage, entry.step);
        const double endpoints = std::min(from.queued, entry.first * part);
        from.queued -= endpoints;
        if (is_shed && group.stages[entry.stage].is_shed) {
            reject(group, entry.stage, from.shares, endpoints);
            return;
        }
        second_useful_ += endpoints * group.stages[entry.stage].work;
        on_the_way_ += endpoints;
        const std::size_t next = entry.stage + 1;
        const long when = now_ + trip_steps_;
        if (next == group.stages.size()) {
            registered_due_[slot(when, registered_due_.size())] += endpoints;
            return;
        }
        Levels& due = group.due[next][slot(when, group.due[next].size())];
        for (std::size_t level = 0; level < levels_; ++level) {
            due[level] += endpoints * from.shares[level];
        }
    }

    /// A connection is refused, which is a failure; a request is told when to come back.
    void reject(EndpointGroup& group, std::size_t stage, const Levels& shares, double endpoints) {
        outcome_.rejections_number += endpoints;
        if (group.stages[stage].is_connection) {
            fail(group, shares, endpoints);
            return;
        }
        const double longest_s = server_.retry_after_s * (1 + server_.retry_spread_fraction);
        for (std::size_t level = 0; level < levels_; ++level) {
            if (shares[level] <= 0) continue;
            come_back(group.returns[after_rejection][level], endpoints * shares[level],
                      server_.retry_after_s, longest_s);
        }
    }

    [[nodiscard]] double waiting() const {
        double sum = on_the_way_;
        for (const EndpointGroup& group : groups_) {
            for (const std::vector<Cohort>& ring : group.cohorts) {
                for (const Cohort& each : ring) sum += each.unheard + each.queued;
            }
        }
        return sum;
    }

    /// Amounts are kept by adding and taking away parts of `all_`: what is below the rounding of
    /// some thousand such steps (2.2e-16 each) is nobody.
    [[nodiscard]] double without_rounding(double amount) const {
        return std::abs(amount) <= all_ * rounding_fraction ? 0 : amount;
    }

    void close_second(double end_s) {
        second_offered_ = without_rounding(second_offered_);
        second_registered_ = without_rounding(second_registered_);
        outcome_.seconds.push_back(
            {.time_s = end_s,
             .offered_per_s = second_offered_,
             .goodput_per_s = second_registered_,
             .queue_number = without_rounding(queues_[0].messages + queues_[1].messages),
             .arrived_number = arrived_,
             .waiting_number = without_rounding(waiting()),
             .backing_off_number = without_rounding(backing_off_),
             .registered_number = outcome_.registered_number});
        outcome_.peak_offered_per_s = std::max(outcome_.peak_offered_per_s, second_offered_);
        outcome_.peak_goodput_per_s = std::max(outcome_.peak_goodput_per_s, second_registered_);
        outcome_.transmissions_number += second_offered_;
        work_ += second_work_;
        useful_ += second_useful_;
        note_collapse();
        second_offered_ = second_registered_ = second_work_ = second_useful_ = 0;
    }

    /// Sums over the seconds in a row in which the server was busy.
    void note_collapse() {
        const bool is_busy = second_work_ >= 0.99 * server_.capacity_per_s && second_work_ > 0;
        if (!is_busy) {
            busy_.clear();
            return;
        }
        busy_.push_back({second_work_, second_useful_});
        const auto span = static_cast<std::size_t>(std::ceil(transaction_timeout_s(storm_.timers)));
        if (busy_.size() > span) busy_.pop_front();
        if (busy_.size() < span) return;
        double work = 0;
        double useful = 0;
        for (const auto& [worked, answered] : busy_) {
            work += worked;
            useful += answered;
        }
        outcome_.is_collapsed = outcome_.is_collapsed || useful < work / 2;
    }

    void finish() {
        const double wasted_fraction = work_ > 0 ? 1 - useful_ / work_ : 0;
        outcome_.wasted_work_fraction = wasted_fraction > rounding_fraction ? wasted_fraction : 0;
        outcome_.gave_up_number = without_rounding(outcome_.gave_up_number);
        outcome_.timeouts_number = without_rounding(outcome_.timeouts_number);
        outcome_.rejections_number = without_rounding(outcome_.rejections_number);
        if (outcome_.end == StormEnd::recovered) return;
        if (server_.capacity_per_s <= 0) outcome_.end = StormEnd::no_capacity;
    }

    static constexpr double rounding_fraction = 1e-12;  // of the total
    static constexpr double shed_share_fraction = 0.5;  // of the work, the most that goes into 503s

    const Storm& storm_;
    const StormServer& server_;
    long steps_ = 0;
    long timeout_steps_ = 0;
    long trip_steps_ = 1;
    std::size_t levels_ = levels_max;
    double budget_ = 0;  // work of one step
    std::vector<long> offsets_;
    std::vector<EndpointGroup> groups_;
    double all_ = 0;
    double tolerance_ = 0;
    long now_ = 0;
    std::array<Backlog, 2> queues_;  // UDP, connections
    std::array<Batch, 2> arriving_;
    std::vector<double> registered_due_;
    double arrived_ = 0;
    double on_the_way_ = 0;
    double backing_off_ = 0;
    double second_offered_ = 0;
    double second_registered_ = 0;
    double second_work_ = 0;
    double second_useful_ = 0;
    double work_ = 0;
    double useful_ = 0;
    std::deque<std::pair<double, double>> busy_;
    StormOutcome outcome_;
};

}  // namespace

StormOutcome simulate(const Storm& storm) {
    check_storm(storm);
    return Run(storm).run();
}

}  // namespace busyhour
