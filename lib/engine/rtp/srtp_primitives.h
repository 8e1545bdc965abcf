#pragma once

namespace busyhour::engine::rtp {

/// Gives libsrtp2 the AES and SHA-1 of OpenSSL in place of its own, once for the process; false
/// where the library does not take them. To be called after `srtp_init` and before any session.
///
/// Debian builds libsrtp2 with NSS, which makes a new context (and so allocates) for each packet
/// and costs several times as much. OpenSSL's contexts are kept with the key and take nothing.
bool install_srtp_primitives() noexcept;

}  // namespace busyhour::engine::rtp
