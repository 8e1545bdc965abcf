#include "engine/sip/nonce.h"

#include "engine/sip/characters.h"

#include <algorithm>
#include <chrono>

namespace busyhour::engine::sip {

namespace {

std::uint32_t second_of(Time time) noexcept {
    return static_cast<std::uint32_t>(
        std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

Nonces::Nonces(const Settings& settings)
    : settings_(settings), used_(std::max<std::size_t>(settings.remembered, 1)) {}

std::uint64_t Nonces::sign(std::uint32_t time_s, std::uint32_t serial) const noexcept {
    return KeyedHash(settings_.secret)
        .add("nonce")
        .add(std::uint64_t{time_s} << 32U | serial)
        .add(std::uint64_t{settings_.worker})
        .value();
}

void Nonces::write(Writer& writer, Time now) noexcept {
    const std::uint32_t time_s = second_of(now);
    const std::uint32_t serial = ++serial_;
    writer.hex(time_s, 8).hex(settings_.worker, 2).hex(serial, 8).hex(sign(time_s, serial), 16);
}

Nonces::Verdict Nonces::check(std::string_view nonce, Time now) const noexcept {
    if (nonce.size() != nonce_octets) return {};
    const auto time_s = parse_hexadecimal(nonce.substr(0, 8));
    const auto worker = parse_hexadecimal(nonce.substr(8, 2));
    const auto serial = parse_hexadecimal(nonce.substr(10, 8));
    const auto signature = parse_hexadecimal(nonce.substr(18));
    if (!time_s || !worker || !serial || !signature) return {};
    if (*worker != settings_.worker) return {.age = Age::stale, .serial = 0};
    const auto time32_s = static_cast<std::uint32_t>(*time_s);
    const auto serial32 = static_cast<std::uint32_t>(*serial);
    if (*signature != sign(time32_s, serial32)) return {};  // one comparison of one word
    const std::uint32_t age_s = second_of(now) - time32_s;
    const bool is_old = std::chrono::seconds(age_s) > settings_.lifetime;
    return {.age = is_old ? Age::stale : Age::fresh, .serial = serial32};
}

bool Nonces::use(std::uint32_t serial, std::uint32_t nonce_count) noexcept {
    Used& used = used_[serial % used_.size()];
    // Of nonces that share a place the newest is remembered: an older one cannot come back.
    if (serial < used.serial) return false;
    if (serial == used.serial && nonce_count <= used.nonce_count) return false;
    used = {serial, nonce_count};
    return true;
}

}  // namespace busyhour::engine::sip
