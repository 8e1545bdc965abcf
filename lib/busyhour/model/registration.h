#pragma once

namespace busyhour {

/// Contacts that refresh their bindings.
struct RegistrationLoad {
    double contacts_number = 0;
    double expires_s = 3600;
    double refresh_fraction = 1;  ///< part of the expiry after which a contact refreshes, (0, 1]
};

/// Mean rate of successful registrations. Source: rfc3261.
///
/// Throws InputError at the field that is out of range.
double registrations_per_s(const RegistrationLoad& load);

/// Time between two refreshes of one contact.
double refresh_interval_s(const RegistrationLoad& load);

}  // namespace busyhour
