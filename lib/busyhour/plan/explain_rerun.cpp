#include "busyhour/plan/explain_rerun.h"

#include "busyhour/plan/explain_terms.h"

#include <utility>

namespace busyhour {

Inputs policy_inputs() {
    return {{"peak percentile", "/policy/peak_percentile",
             [](Deployment& d) -> double& { return d.policy.peak_probability; }},
            {"target", "/policy/target_utilisation_fraction",
             [](Deployment& d) -> double& { return d.policy.target_utilisation_fraction; }},
            {"target of tables", "/policy/table_utilisation_fraction",
             [](Deployment& d) -> double& { return d.policy.table_utilisation_fraction; }}};
}

Inputs storm_inputs() {
    return {{"storm's window", "/policy/storm_window_s",
             [](Deployment& d) -> double& { return d.policy.storm_window_s; }},
            {"recovery allowed", "/policy/storm_recovery_s",
             [](Deployment& d) -> double& { return d.policy.storm_recovery_s; }}};
}

Inputs core_inputs(const Scene& scene, RoleKind kind) {
    const std::string role = "/roles/" + std::string(name_of(kind)) + "/";
    const std::size_t i = index_of(kind);
    Inputs inputs{
        {"cores per node", role + "cores_per_node",
         [i](Deployment& d) -> double& { return d.roles.at(i).cores_per_node_number; }},
        {"vCPUs promised for each CPU", role + "vcpu_overcommit_ratio",
         [i](Deployment& d) -> double& { return d.roles.at(i).cpu.vcpus_per_cpu_number; }},
        {"steal", role + "steal_fraction",
         [i](Deployment& d) -> double& { return d.roles.at(i).cpu.steal_fraction; }}};
    if (scene.deployment().roles.at(i).cpu.hyperthread_gain_fraction) {
        inputs.push_back({"gain of a second thread", role + "hyperthread_gain_fraction",
                          [i](Deployment& d) -> double& {
                              return *d.roles.at(i).cpu.hyperthread_gain_fraction;
                          }});
    }
    return inputs;
}

Inputs endpoint_inputs(const Scene& scene) {
    Inputs inputs;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        inputs.push_back(
            {"endpoints of " + scene.population(p).name, pointer_of_population(p) + "/endpoints",
             [p](Deployment& d) -> double& { return d.populations.at(p).endpoints_number; }});
    }
    return inputs;
}

Inputs joined(Inputs a, const Inputs& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Explained explained(const Scene& scene, Rerun rerun, Outcome outcome) {
    std::vector<Explained> operands;
    for (const Input& input : rerun.inputs) {
        operands.push_back(scene.given(input.name, input.pointer, input.member(rerun.deployment)));
    }
    for (Explained& each : rerun.more) operands.push_back(std::move(each));
    return computed(rerun.name, rerun.formula, std::move(operands),
                    [inputs = std::move(rerun.inputs), deployment = std::move(rerun.deployment),
                     outcome = std::move(outcome)](const std::vector<double>& values) {
                        Deployment changed = deployment;
                        for (std::size_t i = 0; i < inputs.size(); ++i) {
                            inputs[i].member(changed) = values[i];
                        }
                        const auto from =
                            values.begin() + static_cast<std::ptrdiff_t>(inputs.size());
                        return outcome(changed, {from, values.end()});
                    });
}

}  // namespace busyhour
