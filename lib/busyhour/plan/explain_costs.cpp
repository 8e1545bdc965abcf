#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_rerun.h"
#include "busyhour/plan/explain_terms.h"

#include <string>
#include <utility>
#include <vector>

namespace busyhour {
namespace {

std::string row_source(const ServerModel& server, const Coefficients& coefficients, Driver driver) {
    for (const CostRow& row : server.rows) {
        if (row.driver == driver && row.resource == coefficients.resource) return row.source;
    }
    return {};
}

}  // namespace

Explained carrying_factor(const Scene& scene, const std::string& server, const std::string& host,
                          Yardstick yardstick) {
    const Yardsticks& measured = *server_named(scene.input.catalog, server, "server").yardsticks;
    const Yardsticks& here = *host_named(scene.input.catalog, host, "host").yardsticks;
    const std::string words(yardstick_labels().at(index_of(yardstick)).words);
    return computed(words + " carried to " + host,
                    "{speed where the server was measured} / {speed of the host}",
                    {scene.modelled("speed where the server was measured", "servers", server,
                                    measured[yardstick]),
                     scene.modelled("speed of the host", "hosts", host, here[yardstick])},
                    [](const std::vector<double>& v) { return v.at(0) / v.at(1); });
}

Explained cost_of_each(const Scene& scene, RoleKind kind, const Coefficients& coefficients,
                       Driver driver) {
    const RoleChoice& choice = scene.deployment().roles.at(index_of(kind));
    const ServerModel& server = server_named(scene.input.catalog, choice.server, "server");
    const HostModel& host = host_named(scene.input.catalog, choice.host, "host");
    const bool is_carried =
        coefficients.resource == Resource::cpu_cores && carrying_factors(server, host).has_value();
    Explained cost = scene.modelled(is_carried ? "cost where it was measured" : "cost of each",
                                    "servers", choice.server, coefficients.of(server.cost)[driver],
                                    row_source(server, coefficients, driver));
    if (!is_carried) return cost;
    return product_of("cost of each",
                      {std::move(cost),
                       carrying_factor(scene, choice.server, choice.host, yardstick_of(driver))});
}

Explained core_speed(const Scene& scene, const std::string& server, const std::string& host) {
    const HostModel& model = host_named(scene.input.catalog, host, "host");
    if (!carrying_factors(server_named(scene.input.catalog, server, "server"), model)) {
        return scene.modelled("core speed", "hosts", host, model.core_speed_factor);
    }
    return planned("core speed", 1, "yardsticks carry the costs of " + server + " to " + host);
}

Explained core_worth(const Scene& scene, RoleKind kind) {
    Inputs inputs = core_inputs(scene, kind);
    const RoleChoice& choice = scene.deployment().roles.at(index_of(kind));
    const HostModel& host = host_named(scene.input.catalog, choice.host, "host");
    const bool is_derated = host.derating_fraction > 0;
    std::string formula =
        is_derated ? "min(1 - max({steal}, {derating}), 1 / {vCPUs promised for each CPU})"
                   : "min(1 - {steal}, 1 / {vCPUs promised for each CPU})";
    if (choice.cpu.hyperthread_gain_fraction) formula += " x (1 + {gain of a second thread}) / 2";
    inputs.erase(inputs.begin());  // the cores themselves
    std::vector<Explained> more;
    if (is_derated) {
        more.push_back(scene.modelled("derating", "hosts", choice.host, host.derating_fraction));
    }
    Explained node = explained(
        scene,
        {.name = "worth of a core",
         .formula = formula,
         .deployment = scene.deployment(),
         .inputs = std::move(inputs),
         .more = std::move(more)},
        [kind, host](const Deployment& deployment, const std::vector<double>& values) {
            HostModel derated = host;
            if (!values.empty()) derated.derating_fraction = values.front();
            return core_worth_fraction(share_on(derated, deployment.roles.at(index_of(kind)).cpu));
        });
    node.source = "cisco-uc";
    return node;
}

Explained cores_of(const Place& place) {
    return product_of("cores of a node",
                      {place.scene.given("cores per node", place.given("cores_per_node"),
                                         place.choice().cores_per_node_number),
                       core_speed(place.scene, place.choice().server, place.choice().host),
                       core_worth(place.scene, place.kind())});
}

}  // namespace busyhour
