#pragma once

#include <string>
#include <unistd.h>

/// An address of the loopback network that no other process of these tests uses, so that tests
/// which need fixed ports run beside each other.
inline std::string own_loopback() {
    const int id = getpid();
    return "127." + std::to_string(64 + ((id >> 16) & 63)) + "." + std::to_string((id >> 8) & 255) +
           "." + std::to_string(id & 255);
}
