#include "busyhour/plan/deployment.h"

#include <charconv>

namespace busyhour {
namespace {

/// A number of a noun, and the end of the pointer that names it.
template <typename Noun>
struct NumberOf {
    std::string_view name;
    double* (*get)(Noun& noun);
};

double* if_known(std::optional<double>& number) {
    return number ? &*number : nullptr;
}

constexpr std::array population_numbers{
    NumberOf<Population>{"endpoints", [](Population& p) { return &p.endpoints_number; }},
    NumberOf<Population>{"tls/resumed_fraction",
                         [](Population& p) { return &p.tls.resumed_fraction; }},
    NumberOf<Population>{"tls/reconnects_per_endpoint_per_s",
                         [](Population& p) { return &p.tls.reconnects_per_s; }},
    NumberOf<Population>{"registration/expires_s", [](Population& p) { return &p.expires_s; }},
    NumberOf<Population>{"registration/refresh_fraction",
                         [](Population& p) { return &p.refresh_fraction; }},
    NumberOf<Population>{"keepalive/interval_s",
                         [](Population& p) { return &p.keepalive_interval_s; }},
    NumberOf<Population>{"calls/busy_hour_attempts_per_endpoint",
                         [](Population& p) { return &p.calls.busy_hour_attempts_number; }},
    NumberOf<Population>{"calls/answered_fraction",
                         [](Population& p) { return &p.calls.answered_fraction; }},
    NumberOf<Population>{"calls/holding_time_s",
                         [](Population& p) { return &p.calls.holding_time_s; }},
    NumberOf<Population>{"calls/internal_fraction",
                         [](Population& p) { return &p.calls.internal_fraction; }},
    NumberOf<Population>{"calls/session_expires_s",
                         [](Population& p) { return &p.calls.session_expires_s; }},
    NumberOf<Population>{"media/relayed_fraction",
                         [](Population& p) { return &p.media.relayed_fraction; }},
    NumberOf<Population>{"media/voice_activity_fraction",
                         [](Population& p) { return &p.media.voice_activity_fraction; }},
    NumberOf<Population>{"media/recorded_fraction",
                         [](Population& p) { return &p.media.recorded_fraction; }},
};

constexpr std::array subscription_numbers{
    NumberOf<Subscription>{"per_endpoint", [](Subscription& s) { return &s.per_endpoint_number; }},
    NumberOf<Subscription>{"expires_s", [](Subscription& s) { return &s.expires_s; }},
    NumberOf<Subscription>{"notifies_per_s", [](Subscription& s) { return &s.notifies_per_s; }},
    NumberOf<Subscription>{"notifies_per_call",
                           [](Subscription& s) { return &s.notifies_per_call_number; }},
    NumberOf<Subscription>{"publishes_per_s", [](Subscription& s) { return &s.publishes_per_s; }},
};

constexpr std::array link_numbers{
    NumberOf<Link>{"rate_bits_per_s", [](Link& l) { return if_known(l.rate_bits_per_s); }},
    NumberOf<Link>{"packets_per_s_max", [](Link& l) { return if_known(l.packets_max_per_s); }},
};

constexpr std::array firewall_numbers{
    NumberOf<Firewall>{"sessions_max", [](Firewall& f) { return if_known(f.sessions_max_number); }},
    NumberOf<Firewall>{"packets_per_s_max",
                       [](Firewall& f) { return if_known(f.packets_max_per_s); }},
    NumberOf<Firewall>{"udp_timeout_s", [](Firewall& f) { return &f.udp_timeout_s; }},
};

constexpr std::array trunk_numbers{
    NumberOf<Trunk>{"share_fraction", [](Trunk& t) { return &t.share_fraction; }},
    NumberOf<Trunk>{"call_attempts_per_s_max",
                    [](Trunk& t) { return if_known(t.call_attempts_max_per_s); }},
};

/// The rest of a pointer behind its prefix.
class Rest {
public:
    explicit Rest(std::string_view text) : text_(text) {}

    bool skip(std::string_view prefix) {
        if (!text_.starts_with(prefix)) return false;
        text_.remove_prefix(prefix.size());
        return true;
    }

    /// Reads "3/" of "3/calls/..." and gives that entry of the list.
    template <typename Noun>
    Noun* entry_of(std::vector<Noun>& nouns) {
        std::size_t index = 0;
        const char* end = text_.data() + text_.size();
        const auto [at, error] = std::from_chars(text_.data(), end, index);
        if (error != std::errc{} || at == end || *at != '/' || index >= nouns.size())
            return nullptr;
        text_.remove_prefix(static_cast<std::size_t>(at - text_.data()) + 1);
        return &nouns[index];
    }

    template <typename Noun, std::size_t count>
    double* number_of(Noun* noun, const std::array<NumberOf<Noun>, count>& numbers) const {
        if (noun == nullptr) return nullptr;
        for (const NumberOf<Noun>& number : numbers) {
            if (number.name == text_) return number.get(*noun);
        }
        return nullptr;
    }

    [[nodiscard]] std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

double* number_in_population(Rest& rest, Deployment& deployment) {
    Population* population = rest.entry_of(deployment.populations);
    if (population == nullptr) return nullptr;
    if (rest.skip("subscriptions/")) {
        return rest.number_of(rest.entry_of(population->subscriptions), subscription_numbers);
    }
    return rest.number_of(population, population_numbers);
}

double* number_in_roles(const Rest& rest, Deployment& deployment) {
    for (const RoleKind kind : all_roles) {
        const std::string name = std::string(name_of(kind)) + "/cores_per_node";
        if (rest.text() == name) {
            return &deployment.roles.at(index_of(kind)).cores_per_node_number;
        }
    }
    return nullptr;
}

}  // namespace

double* number_in(Deployment& deployment, std::string_view pointer) {
    Rest rest(pointer);
    if (rest.skip("/populations/")) return number_in_population(rest, deployment);
    if (rest.skip("/network/links/")) {
        return rest.number_of(rest.entry_of(deployment.links), link_numbers);
    }
    if (rest.skip("/network/firewalls/")) {
        return rest.number_of(rest.entry_of(deployment.firewalls), firewall_numbers);
    }
    if (rest.skip("/trunks/")) {
        return rest.number_of(rest.entry_of(deployment.trunks), trunk_numbers);
    }
    if (rest.skip("/roles/")) return number_in_roles(rest, deployment);
    if (pointer == "/growth/rate_fraction_per_year") {
        return &deployment.growth.rate_per_year_fraction;
    }
    return nullptr;
}

}  // namespace busyhour
