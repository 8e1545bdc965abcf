#pragma once

#include "busyhour/catalog/json.h"
#include "busyhour/plan/plan.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace busyhour {

/// Who says what a value is.
enum class Origin {
    user,      ///< the deployment
    assumed,   ///< a default of the deployment's schema
    model,     ///< the catalogue: servers, hosts, codecs, flows, headers
    standard,  ///< a constant of a standard, or of arithmetic
    report,    ///< another number of the report
    formula,   ///< the formula beside it, from its own operands
    planner,   ///< the planner, for one endpoint or one event of a population
};
std::string_view name_of(Origin origin);

/// A number and how it came about. Where there are operands, `evaluate` of their values is the
/// number.
struct Explained {
    std::string name;  ///< in the field's words: "offered traffic"
    double value_number = 0;
    Origin origin = Origin::formula;
    std::string where;    ///< pointer into the deployment or the report, or the model's name
    std::string source;   ///< a tag of docs/references.md
    std::string detail;   ///< measured on, date, as written, ...
    std::string formula;  ///< operands' names in braces: "{endpoints} / {expiry}"
    std::vector<Explained> operands;
    std::function<double(const std::vector<double>& values)> evaluate;
    std::vector<std::string> checks;  ///< what shows that a searched number is the right one
};

/// The formula without its braces.
std::string formula_in_words(const Explained& explained);

/// A number of the report and where it stands.
struct ReportNumber {
    std::string path;
    double value_number = 0;
};

/// Explains the numbers of one plan's report.
class Explainer {
public:
    /// `report` is the plan's report JSON, `document` the deployment as the user wrote it (null
    /// where it is not at hand: paths are then given in base units). `input` has to live as long.
    Explainer(const PlanInput& input, Plan plan, Json report, Json document);
    ~Explainer();
    Explainer(const Explainer&) = delete;
    Explainer& operator=(const Explainer&) = delete;

    /// The JSON Pointer of a path: dotted, by year, role or name, or a pointer already.
    ///
    /// Throws InputError with the nearest paths where the report has no such number.
    [[nodiscard]] std::string pointer_of(const std::string& path) const;

    /// How the number came about, its operands explained `depth` levels deep (1 or more).
    ///
    /// Throws InputError as `pointer_of` does.
    [[nodiscard]] Explained explain(const std::string& path, int depth = 1) const;

    /// Every number of the report, in its order.
    [[nodiscard]] std::vector<ReportNumber> numbers() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace busyhour
