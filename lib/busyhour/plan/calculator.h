// internal: not installed
#pragma once

#include "busyhour/plan/calculators.h"

#include <string>
#include <string_view>
#include <vector>

// The calculators behind `calculate`, one function each, and what they share.
namespace busyhour::calc {

void set(Answer& answer, std::string_view key, double value);
void set_text(Answer& answer, std::string_view key, std::string value);

/// The parts between separators, without the blanks around them.
std::vector<std::string> split(std::string_view text, char separator);

/// The words of the option "layers".
std::vector<std::string> layer_names(const Json& options);

/// The network that the option "layers" names: link and IP layers only.
HeaderStack network_of(const Json& options, const Catalog& catalog);

/// "ethernet / ipv4 / udp": outermost first.
std::string order_of(const HeaderStack& stack);

Answer registrations(const Json& options, const Catalog& catalog);
Answer sip(const Json& options, const Catalog& catalog);
Answer tls(const Json& options, const Catalog& catalog);
Answer rtp(const Json& options, const Catalog& catalog);
Answer rtcp(const Json& options, const Catalog& catalog);
Answer overhead(const Json& options, const Catalog& catalog);
Answer erlang_b(const Json& options, const Catalog& catalog);
Answer replication(const Json& options, const Catalog& catalog);
Answer keepalives(const Json& options, const Catalog& catalog);
Answer growth(const Json& options, const Catalog& catalog);

}  // namespace busyhour::calc
