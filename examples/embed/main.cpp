// A planning tool that uses the library: one deployment in, the nodes of each role out.
#include "busyhour/error.h"
#include "busyhour/plan/plan.h"

#include <iostream>

int main() {
    constexpr const char* deployment = R"({
        "name": "embedded", "populations": [{ "endpoints": 100000, "transport": "udp" }]
    })";
    try {
        const busyhour::Plan plan =
            busyhour::make_plan(busyhour::read_deployment(deployment, "embedded"));
        const busyhour::YearPlan& year = plan.years.front();
        std::cout << year.demand.totals.registrations_per_s << " registrations/s\n";
        for (const busyhour::Sizing& role : year.roles) {
            std::cout << busyhour::name_of(role.kind) << ": " << role.nodes << " nodes\n";
        }
        return plan.is_met ? 0 : 3;
    } catch (const busyhour::InputError& error) {
        std::cerr << error.what() << '\n';
        return 2;
    }
}
