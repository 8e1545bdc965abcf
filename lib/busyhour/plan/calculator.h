// internal: not installed
#pragma once

#include "busyhour/catalog/schema.h"
#include "busyhour/plan/calculators.h"

#include <string>
#include <string_view>
#include <vector>

// The calculators behind `calculate`, one function each, and what they share.
namespace busyhour::calc {

void set(Answer& answer, std::string_view key, double value_number);
void set_text(Answer& answer, std::string_view key, std::string value);

/// The parts between separators, without the blanks around them.
std::vector<std::string> split(std::string_view text, char separator);

/// The words of the option "layers".
std::vector<std::string> layer_names(const Json& options);

/// The network that the option "layers" names: link and IP layers only.
HeaderStack network_of(const Json& options, const Catalog& catalog);

/// "ethernet / ipv4 / udp": outermost first.
std::string order_of(const HeaderStack& stack);

/// Leaves in the options which of them were assumed, for the two functions below.
void keep_assumptions(Reading& reading);

/// Whether the user gave the option, and did not leave it to its default.
bool is_given(const Json& options, std::string_view key);

/// Notes the defaults among `keys`, each with its source.
void note_assumptions(Answer& answer, const Json& options,
                      const std::vector<std::string_view>& keys);

Answer registrations(const Json& options, const Catalog& catalog);
Answer sip(const Json& options, const Catalog& catalog);
Answer tls(const Json& options, const Catalog& catalog);
Answer rtp(const Json& options, const Catalog& catalog);
Answer rtcp(const Json& options, const Catalog& catalog);
Answer overhead(const Json& options, const Catalog& catalog);
Answer erlang_b(const Json& options, const Catalog& catalog);
/// Two of the three quantities and "retry_fraction": erlang_b calls it.
Answer erlang_b_with_retries(const Json& options);

Answer erlang_c(const Json& options, const Catalog& catalog);
Answer engset(const Json& options, const Catalog& catalog);
Answer trunks(const Json& options, const Catalog& catalog);
Answer busy_hour(const Json& options, const Catalog& catalog);
Answer response(const Json& options, const Catalog& catalog);
Answer workers(const Json& options, const Catalog& catalog);
Answer emodel(const Json& options, const Catalog& catalog);
Answer storm(const Json& options, const Catalog& catalog);
Answer replication(const Json& options, const Catalog& catalog);
Answer keepalives(const Json& options, const Catalog& catalog);
Answer growth(const Json& options, const Catalog& catalog);

}  // namespace busyhour::calc
