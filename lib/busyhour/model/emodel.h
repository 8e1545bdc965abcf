#pragma once

#include <optional>
#include <string_view>

namespace busyhour {

/// What a codec does to speech, on the scale of the E-model that the values were published for.
/// Source: itu-g113.
struct CodecImpairment {
    double equipment_impairment_factor = 0;  ///< Ie, 0 to 40
    double loss_robustness_factor = 4.3;     ///< Bpl, more than 0; 4.3 is G.711 without concealment
};

/// What the network loses.
struct PacketLoss {
    double loss_fraction = 0;       ///< Ppl as a fraction, 0 to 1; G.107 knows it up to 0.2
    double burst_ratio_factor = 1;  ///< BurstR: 1 for random loss, more for bursts
};

/// The inputs of the E-model with the defaults of ITU-T G.107. Source: itu-g107.
struct VoicePath {
    double send_loudness_db = 8;         ///< SLR
    double receive_loudness_db = 2;      ///< RLR
    double sidetone_db = 15;             ///< STMR, 10 to 20
    double listener_sidetone_db = 18;    ///< LSTR
    double send_d_value_db = 3;          ///< Ds
    double talker_echo_loss_db = 65;     ///< TELR, 5 to 65
    double listener_echo_loss_db = 110;  ///< WEPL, 5 to 110
    double echo_delay_s = 0;             ///< T: mean one-way delay of the echo path, up to 0.5
    double round_trip_delay_s = 0;       ///< Tr: of the four-wire loop, up to 1
    double absolute_delay_s = 0;         ///< Ta: mouth to ear, up to 0.5
    double quantising_units_number = 1;  ///< qdu, 1 to 14
    CodecImpairment codec;
    PacketLoss loss;
    double circuit_noise_db = -70;        ///< Nc, dBm0p
    double noise_floor_db = -64;          ///< Nfor, dBmp
    double send_room_noise_db = 35;       ///< Ps, dB(A)
    double receive_room_noise_db = 35;    ///< Pr, dB(A)
    double advantage_factor = 0;          ///< A, 0 to 20
    double delay_sensitivity_factor = 1;  ///< sT
    double delay_noticed_s = 0.1;         ///< mT: shorter absolute delays do not matter
};

/// R and what it is made of: R = Ro - Is - Idte - Idle - Idd - Ie,eff + A.
struct Rating {
    double basic_signal_to_noise_factor = 0;     ///< Ro
    double loudness_impairment_factor = 0;       ///< Iolr, part of Is
    double sidetone_impairment_factor = 0;       ///< Ist, part of Is
    double quantising_impairment_factor = 0;     ///< Iq, part of Is
    double simultaneous_impairment_factor = 0;   ///< Is
    double talker_echo_impairment_factor = 0;    ///< Idte
    double listener_echo_impairment_factor = 0;  ///< Idle
    double delay_impairment_factor = 0;          ///< Idd
    double effective_equipment_factor = 0;       ///< Ie,eff
    double r_factor = 0;
    double mos_score = 1;
};

/// Ie,eff: what codec and packet loss do together. Source: itu-g107, clause 7.5.
double effective_equipment_factor(const CodecImpairment& codec, const PacketLoss& loss);

/// The rating of a connection on the narrowband scale (R up to about 93). Source: itu-g107.
Rating rate_narrowband(const VoicePath& path);

/// The rating on the fullband scale (R up to 148), which takes echo as controlled: only the
/// absolute delay, codec, loss and advantage count. The codec's values must be fullband ones.
/// Second-hand. Source: rtpengine-mos.
Rating rate_fullband(const VoicePath& path);

/// The same path with that delay from mouth to ear: T = Ta = delay, Tr = 2 x delay.
VoicePath with_delay(VoicePath path, double one_way_delay_s);

/// MOS of a narrowband R; slightly below 1 between R 0 and 6.5, as in the standard.
/// Source: itu-g107.
double mos_score(double r_factor);

/// The R, 6.5 to 100, whose MOS is that; throws InputError outside 1 to 4.5. Source: itu-g107.
double r_factor_for(double mos_score);

/// The longest delay from mouth to ear (T = Ta, Tr = 2T) at which R still is `r_factor`, to 1e-9;
/// nothing where no delay reaches it, and the end of the search, 2 s, where all of them do.
std::optional<double> longest_delay_s(const VoicePath& path, double r_factor);

/// A category of speech transmission quality. Source: itu-g109.
struct QualityCategory {
    double least_r_factor = 0;
    std::string_view name;   ///< "best", "high", ...
    std::string_view users;  ///< "very satisfied", ...
};

/// The category of a narrowband R; below 50 "not recommended".
const QualityCategory& quality_category(double r_factor);

}  // namespace busyhour
