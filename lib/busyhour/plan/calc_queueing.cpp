#include "busyhour/catalog/fields.h"
#include "busyhour/error.h"
#include "busyhour/model/erlang_c.h"
#include "busyhour/model/queueing.h"
#include "busyhour/plan/calculator.h"

#include <fmt/format.h>

namespace busyhour::calc {
namespace {

constexpr double retransmission_s = 0.5;  // T1 of RFC 3261, section 17.1.1.1

/// The servers that were given, or the fewest that do what was asked.
double servers_of(const Json& options, const WaitingGroup& group) {
    const auto servers = number_if(options, "servers");
    const auto wait = number_if(options, "wait_probability");
    const auto level = number_if(options, "service_level_fraction");
    const int given = (servers ? 1 : 0) + (wait ? 1 : 0) + (level ? 1 : 0);
    if (given != 1) {
        throw InputError("/servers",
                         fmt::format("erlang-c needs one of three quantities, has {}", given),
                         "give one of servers, wait_probability, service_level_fraction");
    }
    if (servers) return *servers;
    if (wait) return servers_for_wait(group.offered_erlang, *wait);
    const auto target_wait_s = number_if(options, "target_wait_s");
    if (!target_wait_s) {
        throw InputError("/target_wait_s", "is missing", "service_level_fraction is about a wait");
    }
    return servers_for_service_level(group, *target_wait_s, *level);
}

void set_if(Answer& answer, std::string_view key, std::optional<double> value) {
    if (value) set(answer, key, *value);
}

void set_times(Answer& answer, const Queue& queue) {
    set(answer, "wait_probability", wait_probability(queue));
    set_if(answer, "mean_wait_s", mean_wait_s(queue));
    set_if(answer, "mean_response_time_s", mean_response_time_s(queue));
    set_if(answer, "response_time_p50_s", response_time_quantile_s(queue, 0.5));
    set_if(answer, "response_time_p95_s", response_time_quantile_s(queue, 0.95));
    set_if(answer, "response_time_p99_s", response_time_quantile_s(queue, 0.99));
}

void note_times(Answer& answer, const Queue& queue) {
    const auto p99_s = response_time_quantile_s(queue, 0.99);
    if (!p99_s) {
        answer.notes.push_back(
            fmt::format("No times: {:g} busy workers are needed and {:g} are there; the queue grows"
                        " without end.",
                        queue.arrivals_per_s * queue.service_time_s, queue.servers_number));
        return;
    }
    answer.notes.emplace_back(
        "One element's share of RFC 6076's registration request delay (RRD, REGISTER) and session"
        " request delay (SRD, INVITE); add the network and every other element.");
    if (queue.service_variability_factor != 1) {
        answer.notes.emplace_back(
            queue.servers_number > 1
                ? "mean_wait_s and percentiles: approximations (Allen and Cunneen; exponential "
                  "wait);"
                  " how near they are is in docs/models.md, section 12.4."
                : "Percentiles: an approximation (exponential wait), p95 and p99 within 15 % for a"
                  " variability up to 4; mean_wait_s is exact.");
    }
    if (*p99_s > retransmission_s) {
        answer.notes.emplace_back(
            "More than one request in a hundred takes longer than T1 (0.5 s): over UDP it is sent"
            " again and adds load that is not counted here (rfc3261).");
    }
}

}  // namespace

Answer erlang_c(const Json& options, const Catalog& /*catalog*/) {
    WaitingGroup group{.offered_erlang = number_at(options, "offered_erlang"),
                       .servers_number = 0,
                       .holding_time_s = number_at(options, "holding_time_s")};
    group.servers_number = servers_of(options, group);
    const auto target_wait_s = number_if(options, "target_wait_s");
    Answer answer;
    set(answer, "offered_erlang", group.offered_erlang);
    set(answer, "servers", group.servers_number);
    set(answer, "holding_time_s", group.holding_time_s);
    if (group.servers_number > 0) {
        set(answer, "utilisation_fraction", group.offered_erlang / group.servers_number);
    }
    set(answer, "wait_probability",
        erlang_c_probability(group.offered_erlang, group.servers_number));
    const auto wait_s = mean_wait_s(group);
    set_if(answer, "mean_wait_s", wait_s);
    if (target_wait_s) {
        set(answer, "target_wait_s", *target_wait_s);
        set(answer, "service_level_fraction", service_level_fraction(group, *target_wait_s));
    }
    if (!wait_s) {
        answer.notes.push_back(
            fmt::format("No mean wait: {:g} erlangs need more than {:g} servers; the queue grows"
                        " without end.",
                        group.offered_erlang, group.servers_number));
    }
    note_assumptions(answer, options, {"holding_time_s"});
    return answer;
}

Answer response(const Json& options, const Catalog& /*catalog*/) {
    const auto servers = static_cast<int>(number_at(options, "servers"));
    const bool is_split = text_at(options, "queue") == "per_worker";
    const Queue all{.arrivals_per_s = number_at(options, "arrivals_per_s"),
                    .service_time_s = number_at(options, "service_time_s"),
                    .servers_number = static_cast<double>(servers),
                    .service_variability_factor = number_at(options, "service_variability"),
                    .arrival_variability_factor = 1};
    const Queue queue = is_split ? split_by_worker(all, servers) : all;
    Answer answer;
    set(answer, "servers", servers);
    set(answer, "utilisation_fraction", utilisation_fraction(queue));
    set_times(answer, queue);
    note_times(answer, queue);
    note_assumptions(answer, options, {"service_variability"});
    return answer;
}

Answer workers(const Json& options, const Catalog& /*catalog*/) {
    const double busy_time_s =
        number_at(options, "service_time_s") + number_at(options, "blocking_time_s");
    const double arrivals_per_s = number_at(options, "arrivals_per_s");
    const int workers =
        workers_for(arrivals_per_s, busy_time_s, number_at(options, "target_utilisation_fraction"));
    const Queue queue{.arrivals_per_s = arrivals_per_s,
                      .service_time_s = busy_time_s,
                      .servers_number = static_cast<double>(workers),
                      .service_variability_factor = number_at(options, "service_variability"),
                      .arrival_variability_factor = 1};
    Answer answer;
    set(answer, "busy_workers", arrivals_per_s * busy_time_s);
    set(answer, "workers", workers);
    set(answer, "utilisation_fraction", utilisation_fraction(queue));
    set(answer, "cpu_cores", arrivals_per_s * number_at(options, "service_time_s"));
    set_times(answer, queue);
    answer.notes.emplace_back(
        "workers: Kamailio's children of one UDP socket; times: of a queue that they share, with a"
        " core free for each that is not blocked.");
    note_times(answer, queue);
    note_assumptions(answer, options, {"target_utilisation_fraction", "service_variability"});
    return answer;
}

}  // namespace busyhour::calc
