#include "busyhour/model/emodel.h"

#include "busyhour/error.h"

#include <algorithm>
#include <array>
#include <cmath>

// Symbols are those of ITU-T G.107 (06/2015): upper case there, lower case here; delays in ms.

namespace busyhour {
namespace {

double to_power(double level_db) {
    return std::pow(10, level_db / 10);
}

double to_db(double power_number) {
    return 10 * std::log10(power_number);
}

/// (1 + x^n)^(1/n): near 1 for small x, near x for large.
double corner(double x, double n) {
    return std::pow(1 + std::pow(x, n), 1 / n);
}

/// No: all noise referred to the 0 dBr point.
double noise_db(const VoicePath& path) {
    const double olr = path.send_loudness_db + path.receive_loudness_db;
    const double ps = path.send_room_noise_db;
    const double pr = path.receive_room_noise_db;
    const double room = ps - olr - path.send_d_value_db - 14;
    const double nos =
        ps - path.send_loudness_db - path.send_d_value_db - 100 + 0.004 * room * room;
    const double pre = pr + to_db(1 + to_power(10 - path.listener_sidetone_db));
    const double nor = path.receive_loudness_db - 121 + pre + 0.008 * (pre - 35) * (pre - 35);
    const double nfo = path.noise_floor_db + path.receive_loudness_db;
    return to_db(to_power(path.circuit_noise_db) + to_power(nos) + to_power(nor) + to_power(nfo));
}

double loudness_impairment(const VoicePath& path, double no) {
    const double olr = path.send_loudness_db + path.receive_loudness_db;
    const double xolr = olr + 0.2 * (64 + no - path.receive_loudness_db);
    return 20 * (corner(xolr / 8, 8) - xolr / 8);
}

double sidetone_impairment(const VoicePath& path) {
    const double t_ms = path.echo_delay_s * 1000;
    const double stmro = -to_db(to_power(-path.sidetone_db) +
                                std::exp(-t_ms / 4) * to_power(-path.talker_echo_loss_db));
    return 12 * corner((stmro - 13) / 6, 8) - 28 * corner((stmro + 1) / 19.4, 35) -
           13 * corner((stmro - 3) / 33, 13) + 29;
}

double quantising_impairment(const VoicePath& path, double ro) {
    const double q = 37 - to_db(path.quantising_units_number) * 1.5;
    const double g = 1.07 + 0.258 * q + 0.0602 * q * q;
    const double y = (ro - 100) / 15 + 46 / 8.4 - g / 9;
    const double z = 46.0 / 30 - g / 40;
    return 15 * std::log10(1 + std::pow(10, y) + std::pow(10, z));
}

double talker_echo_impairment(const VoicePath& path, double no, double ist) {
    const double t_ms = path.echo_delay_s * 1000;
    double terv = path.talker_echo_loss_db - 40 * std::log10((1 + t_ms / 10) / (1 + t_ms / 150)) +
                  6 * std::exp(-0.3 * t_ms * t_ms);
    if (path.sidetone_db < 9) terv += ist / 2;
    const double roe = -1.5 * (no - path.receive_loudness_db);
    const double re = 80 + 2.5 * (terv - 14);
    const double idte =
        ((roe - re) / 2 + std::sqrt((roe - re) * (roe - re) / 4 + 100) - 1) * -std::expm1(-t_ms);
    return path.sidetone_db > 20 ? std::hypot(idte, ist) : idte;
}

double listener_echo_impairment(const VoicePath& path, double ro) {
    const double tr_ms = path.round_trip_delay_s * 1000;
    const double rle = 10.5 * (path.listener_echo_loss_db + 7) * std::pow(tr_ms + 1, -0.25);
    return (ro - rle) / 2 + std::sqrt((ro - rle) * (ro - rle) / 4 + 169);
}

double delay_impairment(const VoicePath& path) {
    if (path.absolute_delay_s <= path.delay_noticed_s) return 0;
    const double x = std::log2(path.absolute_delay_s / path.delay_noticed_s);
    const double n = 6 * path.delay_sensitivity_factor;
    return 25 * (corner(x, n) - 3 * corner(x / 3, n) + 2);
}

/// Ie,eff where `most_factor` is the impairment that destroys all.
double lossy_impairment(const CodecImpairment& codec, const PacketLoss& loss, double most_factor) {
    const double ie = codec.equipment_impairment_factor;
    const double ppl_percent = loss.loss_fraction * 100;
    return ie + (most_factor - ie) * ppl_percent /
                    (ppl_percent / loss.burst_ratio_factor + codec.loss_robustness_factor);
}

constexpr std::array<QualityCategory, 6> categories{{
    {90, "best", "very satisfied"},
    {80, "high", "satisfied"},
    {70, "medium", "some users dissatisfied"},
    {60, "low", "many users dissatisfied"},
    {50, "poor", "nearly all users dissatisfied"},
    {0, "not recommended", "nearly all users dissatisfied"},
}};

}  // namespace

double effective_equipment_factor(const CodecImpairment& codec, const PacketLoss& loss) {
    return lossy_impairment(codec, loss, 95);
}

Rating rate_narrowband(const VoicePath& path) {
    Rating rating;
    const double no = noise_db(path);
    const double ro = 15 - 1.5 * (path.send_loudness_db + no);
    const double ist = sidetone_impairment(path);
    rating.basic_signal_to_noise_factor = ro;
    rating.loudness_impairment_factor = loudness_impairment(path, no);
    rating.sidetone_impairment_factor = ist;
    rating.quantising_impairment_factor = quantising_impairment(path, ro);
    rating.simultaneous_impairment_factor =
        rating.loudness_impairment_factor + ist + rating.quantising_impairment_factor;
    rating.talker_echo_impairment_factor = talker_echo_impairment(path, no, ist);
    rating.listener_echo_impairment_factor = listener_echo_impairment(path, ro);
    rating.delay_impairment_factor = delay_impairment(path);
    rating.effective_equipment_factor = effective_equipment_factor(path.codec, path.loss);
    rating.r_factor = ro - rating.simultaneous_impairment_factor -
                      rating.talker_echo_impairment_factor -
                      rating.listener_echo_impairment_factor - rating.delay_impairment_factor -
                      rating.effective_equipment_factor + path.advantage_factor;
    rating.mos_score = mos_score(rating.r_factor);
    return rating;
}

Rating rate_fullband(const VoicePath& path) {
    constexpr double stretch = 1.48;  // R of the fullband scale for one of the narrowband scale
    constexpr double most = 132;
    Rating rating;
    rating.basic_signal_to_noise_factor = 148;
    rating.delay_impairment_factor = stretch * delay_impairment(path);
    rating.effective_equipment_factor = lossy_impairment(path.codec, path.loss, most);
    rating.r_factor = rating.basic_signal_to_noise_factor - rating.delay_impairment_factor -
                      rating.effective_equipment_factor + path.advantage_factor;
    rating.mos_score = mos_score(rating.r_factor / stretch);
    return rating;
}

VoicePath with_delay(VoicePath path, double one_way_delay_s) {
    path.echo_delay_s = one_way_delay_s;
    path.absolute_delay_s = one_way_delay_s;
    path.round_trip_delay_s = 2 * one_way_delay_s;
    return path;
}

double mos_score(double r_factor) {
    if (r_factor <= 0) return 1;
    if (r_factor >= 100) return 4.5;
    return 1 + 0.035 * r_factor + r_factor * (r_factor - 60) * (100 - r_factor) * 7e-6;
}

double r_factor_for(double mos_score_wanted) {
    if (!(mos_score_wanted >= 1 && mos_score_wanted <= 4.5)) {
        throw InputError("mos", "lies outside the scale", "give 1 to 4.5");
    }
    double low = 6.5;  // MOS grows from here on
    double high = 100;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (mos_score(middle) < mos_score_wanted ? low : high) = middle;
    }
    return (low + high) / 2;
}

std::optional<double> longest_delay_s(const VoicePath& path, double r_factor) {
    constexpr double longest_s = 2;
    constexpr double close_factor = 1e-9;
    const auto excess = [&](double delay_s) {
        return rate_narrowband(with_delay(path, delay_s)).r_factor - r_factor;
    };
    double low_s = 0;
    double high_s = longest_s;
    double low_excess = excess(low_s);
    double high_excess = excess(high_s);
    if (low_excess < 0) return std::nullopt;
    if (high_excess >= 0) return longest_s;
    // Regula falsi; an end that stays twice gets half its weight (Illinois), so that it moves too.
    int stayed = 0;  // how often the high end did; negative: the low end
    for (int i = 0; i < 100; ++i) {
        const double middle_s = low_s + (high_s - low_s) * low_excess / (low_excess - high_excess);
        const double middle_excess = excess(middle_s);
        if (std::abs(middle_excess) < close_factor) return middle_s;
        if (middle_excess > 0) {
            low_s = middle_s;
            low_excess = middle_excess;
            stayed = std::max(stayed, 0) + 1;
            if (stayed > 1) high_excess /= 2;
        } else {
            high_s = middle_s;
            high_excess = middle_excess;
            stayed = std::min(stayed, 0) - 1;
            if (stayed < -1) low_excess /= 2;
        }
    }
    return low_s;
}

const QualityCategory& quality_category(double r_factor) {
    const auto found =
        std::find_if(categories.begin(), categories.end() - 1,
                     [&](const QualityCategory& row) { return r_factor >= row.least_r_factor; });
    return *found;
}

}  // namespace busyhour
