#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace busyhour {

struct Catalog;

/// What the E-model knows of a codec, on one of its scales.
struct EmodelValues {
    std::string key;  ///< of the catalogue: lower case
    std::string name;
    std::string title;
    std::string source;
    std::string codec;                             ///< its name in the catalogue
    std::optional<double> bit_rate_bits_per_s;     ///< only at this rate; nothing: at each
    bool is_concealed = true;                      ///< lost packets are concealed as the codec does
    bool is_fullband = false;                      ///< scale of ITU-T G.107.2, else of G.107
    double equipment_impairment_factor = 0;        ///< Ie of ITU-T G.113, or Ie,FB
    std::optional<double> loss_robustness_factor;  ///< Bpl; nothing: not known
    std::string condition;                         ///< what the values hold for
};

/// Which values of a codec are wanted.
struct EmodelChoice {
    std::string_view codec;  ///< its name in the catalogue
    double bit_rate_bits_per_s = 0;
    bool is_concealed = true;
    bool is_fullband = false;
};

/// The values that fit: the user's own before built-in ones, those for the bit rate before those
/// for each. Where a codec has no values without concealment of its own, nothing. Null: none known.
const EmodelValues* emodel_values(const Catalog& catalog, const EmodelChoice& choice);

}  // namespace busyhour
