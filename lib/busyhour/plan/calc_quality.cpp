#include "busyhour/catalog/fields.h"
#include "busyhour/error.h"
#include "busyhour/model/emodel.h"
#include "busyhour/plan/calculator.h"

#include <fmt/format.h>

namespace busyhour::calc {
namespace {

/// The codec's values on the scale, and who says so.
struct Impaired {
    CodecImpairment codec;
    bool is_robustness_known = true;
    std::string words;
};

EmodelChoice choice_of(const Json& options, const Catalog& catalog) {
    const Codec& codec = codec_named(catalog, text_at(options, "codec"), "/codec");
    const Packetisation packets =
        packetise(codec, {.ptime_s = std::nullopt,
                          .bit_rate_bits_per_s = number_if(options, "bit_rate_bits_per_s")});
    return {.codec = codec.name,
            .bit_rate_bits_per_s = packets.bit_rate_bits_per_s,
            .is_concealed = text_at(options, "concealment") == "codec",
            .is_fullband = text_at(options, "scale") == "fullband"};
}

InputError unknown(const std::string& where, std::string_view what, const EmodelChoice& choice) {
    return {
        where,
        fmt::format("no published {} of {} at {:g} bit/s{} on the {} scale", what, choice.codec,
                    choice.bit_rate_bits_per_s, choice.is_concealed ? "" : " without concealment",
                    choice.is_fullband ? "fullband" : "narrowband"),
        "give equipment_impairment and loss_robustness with the values you trust"};
}

Impaired impaired(const Json& options, const Catalog& catalog, double loss_fraction) {
    const EmodelChoice choice = choice_of(options, catalog);
    const EmodelValues* values = emodel_values(catalog, choice);
    const auto ie = number_if(options, "equipment_impairment");
    const auto bpl = number_if(options, "loss_robustness");
    if (!ie && values == nullptr) throw unknown("/equipment_impairment", "Ie", choice);
    // A codec's Bpl belongs to its own Ie: with another Ie it is no longer known.
    std::optional<double> robustness_factor = bpl;
    if (!bpl && !ie) robustness_factor = values->loss_robustness_factor;
    if (!robustness_factor && loss_fraction > 0) {
        throw unknown("/loss_robustness", ie ? "Bpl beside the Ie given" : "Bpl", choice);
    }
    Impaired found;
    found.codec.equipment_impairment_factor = ie ? *ie : values->equipment_impairment_factor;
    found.is_robustness_known = robustness_factor.has_value();
    if (robustness_factor) found.codec.loss_robustness_factor = *robustness_factor;
    found.words = ie && bpl ? "Ie and Bpl: as given."
                  : ie      ? "Ie: as given."
                       : fmt::format("Ie{}: {}; {} ({}).", bpl ? "" : " and Bpl", values->title,
                                     values->condition, values->source);
    return found;
}

VoicePath path_of(const Json& options) {
    VoicePath path = with_delay({}, number_at(options, "one_way_delay_s"));
    path.round_trip_delay_s =
        number_if(options, "round_trip_delay_s").value_or(path.round_trip_delay_s);
    path.loss = {number_at(options, "loss_fraction"), number_at(options, "burst_ratio")};
    path.talker_echo_loss_db = number_at(options, "echo_loss_db");
    path.listener_echo_loss_db = number_at(options, "listener_echo_loss_db");
    path.advantage_factor = number_at(options, "advantage_factor");
    return path;
}

void set_impairments(Answer& answer, const Rating& rating, bool is_fullband) {
    set(answer, "ro", rating.basic_signal_to_noise_factor);
    if (!is_fullband) {
        set(answer, "is", rating.simultaneous_impairment_factor);
        set(answer, "iolr", rating.loudness_impairment_factor);
        set(answer, "ist", rating.sidetone_impairment_factor);
        set(answer, "iq", rating.quantising_impairment_factor);
        set(answer, "idte", rating.talker_echo_impairment_factor);
        set(answer, "idle", rating.listener_echo_impairment_factor);
    }
    set(answer, "idd", rating.delay_impairment_factor);
    set(answer, "ie_eff", rating.effective_equipment_factor);
}

void note_range(const VoicePath& path, Answer& answer) {
    const bool is_outside = path.absolute_delay_s > 0.5 || path.loss.loss_fraction > 0.2;
    if (!is_outside) return;
    answer.notes.emplace_back("Outside the range of G.107: up to 500 ms and 20 % loss.");
}

/// What the other readings of the same options would give.
void note_alternatives(const Json& options, const Catalog& catalog, const VoicePath& path,
                       Answer& answer) {
    VoicePath quiet = path;
    quiet.round_trip_delay_s = 0;
    const double quiet_factor = rate_narrowband(quiet).r_factor;
    set(answer, "r_factor_without_round_trip", quiet_factor);
    answer.notes.push_back(fmt::format(
        "The delay is from mouth to ear: T = Ta = {:g} ms, Tr = {:g} ms{}. With Tr = 0,"
        " as some programs have it, R would be {:.2f}.",
        path.absolute_delay_s * 1000, path.round_trip_delay_s * 1000,
        number_if(options, "round_trip_delay_s") ? "" : " (twice as much)", quiet_factor));
    EmodelChoice other = choice_of(options, catalog);
    if (!other.is_concealed || path.loss.loss_fraction <= 0) return;
    if (number_if(options, "equipment_impairment") || number_if(options, "loss_robustness")) return;
    other.is_concealed = false;
    const EmodelValues* values = emodel_values(catalog, other);
    if (values == nullptr || !values->loss_robustness_factor) return;
    VoicePath silent = path;
    silent.codec = {values->equipment_impairment_factor, *values->loss_robustness_factor};
    answer.notes.push_back(
        fmt::format("Without packet loss concealment (--concealment none) R would be {:.2f}.",
                    rate_narrowband(silent).r_factor));
}

}  // namespace

Answer emodel(const Json& options, const Catalog& catalog) {
    VoicePath path = path_of(options);
    const Impaired codec = impaired(options, catalog, path.loss.loss_fraction);
    path.codec = codec.codec;
    const EmodelChoice choice = choice_of(options, catalog);
    const Rating rating = choice.is_fullband ? rate_fullband(path) : rate_narrowband(path);
    Answer answer;
    set(answer, "r_factor", rating.r_factor);
    set(answer, "mos", rating.mos_score);
    if (!choice.is_fullband) {
        const QualityCategory& category = quality_category(rating.r_factor);
        set_text(answer, "category", std::string(category.name));
        set_text(answer, "users", std::string(category.users));
    }
    set_text(answer, "scale", choice.is_fullband ? "fullband" : "narrowband");
    set_text(answer, "codec", std::string(choice.codec));
    set_impairments(answer, rating, choice.is_fullband);
    set(answer, "advantage_factor", path.advantage_factor);
    set(answer, "ie", path.codec.equipment_impairment_factor);
    if (codec.is_robustness_known) set(answer, "bpl", path.codec.loss_robustness_factor);
    if (choice.is_fullband) {
        answer.notes.emplace_back(
            "Fullband scale, R up to 148: second-hand, as rtpengine implements G.107.2; echo is"
            " taken as cancelled, and the rating says nothing on the narrowband scale.");
    } else {
        note_alternatives(options, catalog, path, answer);
    }
    answer.notes.push_back(codec.words);
    note_range(path, answer);
    return answer;
}

}  // namespace busyhour::calc
