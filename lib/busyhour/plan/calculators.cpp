#include "busyhour/plan/calculators.h"

#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/catalog/schema.h"
#include "busyhour/error.h"
#include "busyhour/plan/calculator.h"

#include <array>

namespace busyhour {
namespace calc {

void set(Answer& answer, std::string_view key, double value_number) {
    put(answer.values, key, Json{value_number});
}

void set_text(Answer& answer, std::string_view key, std::string value) {
    put(answer.values, key, Json{std::move(value)});
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        std::string_view part = text.substr(0, end);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        parts.emplace_back(part);
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string> layer_names(const Json& options) {
    return split(text_at(options, "layers"), ',');
}

HeaderStack network_of(const Json& options, const Catalog& catalog) {
    HeaderStack stack = stack_named(catalog, layer_names(options), "/layers");
    bool has_network = false;
    for (const Header& layer : stack.layers) {
        has_network = has_network || layer.position == Position::network;
        if (layer.position >= Position::transport) {
            throw InputError("/layers", "\"" + layer.name + "\" stands above IP",
                             "UDP, RTP and SRTP are added where they apply");
        }
    }
    if (!has_network) throw InputError("/layers", "has no network layer", "add ipv4 or ipv6");
    return stack;
}

std::string order_of(const HeaderStack& stack) {
    std::vector<std::string> names;
    for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer) {
        names.push_back(layer->name);
    }
    return join(names, " / ");
}

}  // namespace calc

namespace {

struct Calculator {
    std::string_view name;
    Answer (*run)(const Json& options, const Catalog& catalog);
};

constexpr std::array calculators{
    Calculator{"registrations", calc::registrations},
    Calculator{"keepalives", calc::keepalives},
    Calculator{"replication", calc::replication},
    Calculator{"sip", calc::sip},
    Calculator{"rtp", calc::rtp},
    Calculator{"rtcp", calc::rtcp},
    Calculator{"tls", calc::tls},
    Calculator{"overhead", calc::overhead},
    Calculator{"erlang-b", calc::erlang_b},
    Calculator{"erlang-c", calc::erlang_c},
    Calculator{"engset", calc::engset},
    Calculator{"trunks", calc::trunks},
    Calculator{"busy-hour", calc::busy_hour},
    Calculator{"response", calc::response},
    Calculator{"workers", calc::workers},
    Calculator{"emodel", calc::emodel},
    Calculator{"growth", calc::growth},
    Calculator{"storm", calc::storm},
};

}  // namespace

std::vector<std::string> calculator_names() {
    std::vector<std::string> names;
    for (const Calculator& calculator : calculators) names.emplace_back(calculator.name);
    return names;
}

Answer calculate(std::string_view quantity, const Json& options, const Catalog& catalog) {
    for (const Calculator& calculator : calculators) {
        if (calculator.name != quantity) continue;
        Reading reading = read_by_schema(options, "calc-" + std::string(quantity));
        if (!reading.problems.empty()) throw InputError(reading.problems);
        calc::keep_assumptions(reading);
        return calculator.run(reading.value, catalog);
    }
    throw InputError("", "no calculator \"" + std::string(quantity) + "\"",
                     suggestion(quantity, calculator_names()));
}

}  // namespace busyhour
