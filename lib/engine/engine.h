#pragma once

#include <string>

namespace busyhour::engine {

/// The TLS library this program runs with, e.g. "OpenSSL 3.0.16 11 Feb 2025": a measurement names
/// it.
std::string tls_library();

}  // namespace busyhour::engine
