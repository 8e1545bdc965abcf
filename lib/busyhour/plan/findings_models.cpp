#include "busyhour/plan/findings_models.h"

#include "busyhour/catalog/nearest.h"

#include <fmt/format.h>

#include <algorithm>

namespace busyhour {
namespace {

/// A model older than this may speak of software and kernels that are gone: planning-default.
constexpr int old_months = 12;

/// The servers of the roles on their hosts, each pair once, in the order of the roles.
std::vector<ServerOnHost> servers_used(const PlanInput& input) {
    std::vector<ServerOnHost> pairs;
    for (const RoleKind kind : roles_of(input.deployment)) {
        const RoleChoice& choice = input.deployment.roles.at(index_of(kind));
        const ServerOnHost pair{&server_named(input.catalog, choice.server, "server"),
                                &host_named(input.catalog, choice.host, "host")};
        const bool is_known =
            std::any_of(pairs.begin(), pairs.end(), [&](const ServerOnHost& other) {
                return other.server == pair.server && other.host == pair.host;
            });
        if (!is_known) pairs.push_back(pair);
    }
    return pairs;
}

template <typename Wanted>
std::vector<const ServerModel*> servers_that(const PlanInput& input, Wanted is_wanted) {
    std::vector<const ServerModel*> servers;
    for (const ServerOnHost& pair : servers_used(input)) {
        const bool is_known =
            std::find(servers.begin(), servers.end(), pair.server) != servers.end();
        if (!is_known && is_wanted(*pair.server)) servers.push_back(pair.server);
    }
    return servers;
}

/// Whether the user's files or the deployment have a say in the model.
bool is_own(const PlanInput& input, const ServerModel& server) {
    const auto origin = input.catalog.origins.find("servers/" + to_lower(server.name));
    return origin != input.catalog.origins.end() && !origin->second.changed_by.empty();
}

/// " (where, when)", as far as the model tells.
std::string occasion(const ServerModel& server) {
    if (server.measured_on.empty()) return server.date.empty() ? "" : " (" + server.date + ")";
    return fmt::format(" ({}{}{})", server.measured_on, server.date.empty() ? "" : ", ",
                       server.date);
}

Finding uncalibrated(const ServerModel& server) {
    const bool is_measured = server.status == "measured";
    return {
        .id = "model-not-calibrated",
        .severity = Severity::info,
        .message = fmt::format(
            "servers/{} carries {}{}; its costs are believed within {:.1f} to {:.1f} times.",
            server.name,
            is_measured ? "figures measured on another host" : "published figures of another host",
            occasion(server), server.cost.band_low_factor, server.cost.band_high_factor),
        .remedy =
            "Run busyhour calibrate on your own server and give its model with --models"
            " or under \"models\".",
        .evidence = {{"band_low_factor", server.cost.band_low_factor},
                     {"band_high_factor", server.cost.band_high_factor}},
        .source = server.source};
}

std::string carried_words(const YardstickFactors& factors) {
    std::string words;
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        words += fmt::format("{}{} x {:.2f}", words.empty() ? "" : ", ",
                             yardstick_labels().at(i).words, factors.at(i));
    }
    return words;
}

Finding foreign(const ServerOnHost& pair) {
    const ServerModel& server = *pair.server;
    Finding finding{.id = "model-foreign",
                    .severity = Severity::warning,
                    .message = fmt::format("servers/{} was measured on \"{}\", not on \"{}\": ",
                                           server.name, server.host, pair.host->name),
                    .remedy =
                        "Calibrate the server on the role's own host, or choose the host that"
                        " it was measured on.",
                    .evidence = {},
                    .source = server.source};
    const std::optional<YardstickFactors> factors = carrying_factors(server, *pair.host);
    if (!factors) {
        finding.message += fmt::format(
            "its CPU costs are taken by core_speed_factor ({:g}) alone, as {} no yardsticks.",
            pair.host->core_speed_factor, server.yardsticks ? "the host has" : "the model has");
        finding.evidence = {{"core_speed_factor", pair.host->core_speed_factor}};
        return finding;
    }
    finding.message +=
        "its CPU costs are carried there by yardsticks, " + carried_words(*factors) + ".";
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        finding.evidence.emplace_back(std::string(yardstick_labels().at(i).name) + "_cost_factor",
                                      factors->at(i));
    }
    return finding;
}

Finding old(const ServerModel& server, int start_year) {
    const int months = months_until(*month_of(server.date), start_year);
    return {.id = "model-old",
            .severity = Severity::warning,
            .message = fmt::format("servers/{} was measured in {}, {} months before {} begins.",
                                   server.name, server.date.substr(0, 7), months, start_year),
            .remedy = "Calibrate the server again, with the software and the kernel of today.",
            .evidence = {{"months", months}},
            .source = server.source};
}

}  // namespace

std::vector<const ServerModel*> not_calibrated(const PlanInput& input) {
    return servers_that(input, [&](const ServerModel& server) {
        return server.status == "published" || !is_own(input, server);
    });
}

std::vector<ServerOnHost> foreign_models(const PlanInput& input) {
    std::vector<ServerOnHost> pairs = servers_used(input);
    std::erase_if(pairs, [&](const ServerOnHost& pair) {
        const ServerModel& server = *pair.server;
        const bool is_told = server.status == "measured" && !server.host.empty();
        return !is_told || !is_own(input, server) ||
               to_lower(server.host) == to_lower(pair.host->name);
    });
    return pairs;
}

std::vector<const ServerModel*> old_models(const PlanInput& input) {
    return servers_that(input, [&](const ServerModel& server) {
        const std::optional<Month> date = month_of(server.date);
        return server.status == "measured" && date &&
               months_until(*date, input.deployment.start_year) > old_months;
    });
}

std::optional<Month> month_of(std::string_view date) {
    constexpr std::size_t length = 7;  // YYYY-MM
    if (date.size() < length || date[4] != '-') return std::nullopt;
    if (date.size() > length && date[length] != '-') return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t count) {
        int value = 0;
        for (const char digit : date.substr(from, count)) {
            if (digit < '0' || digit > '9') return -1;
            value = value * 10 + (digit - '0');
        }
        return value;
    };
    const Month month{number(0, 4), number(5, 2)};
    if (month.year < 0 || month.month < 1 || month.month > 12) return std::nullopt;
    return month;
}

int months_until(const Month& date, int year) {
    constexpr int months_of_year = 12;
    return (year - date.year) * months_of_year + 1 - date.month;
}

void add_model_findings(const PlanInput& input, std::vector<Finding>& found) {
    for (const ServerModel* server : not_calibrated(input)) found.push_back(uncalibrated(*server));
    for (const ServerOnHost& pair : foreign_models(input)) found.push_back(foreign(pair));
    for (const ServerModel* server : old_models(input)) {
        found.push_back(old(*server, input.deployment.start_year));
    }
}

}  // namespace busyhour
