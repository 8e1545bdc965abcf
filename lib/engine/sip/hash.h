#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace busyhour::engine::sip {

/// A hash that a stranger who does not know the key can neither foresee nor collide.
struct Hash128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Hash128&) const = default;
};

/// SipHash-1-3 over several texts, each followed by its length. Source: siphash (Aumasson and
/// Bernstein, 2012).
class KeyedHash {
public:
    explicit KeyedHash(const std::array<std::uint8_t, 16>& key) noexcept {
        std::memcpy(&key_[0], key.data(), 8);
        std::memcpy(&key_[1], key.data() + 8, 8);
        v_ = {key_[0] ^ 0x736f6d6570736575U, key_[1] ^ 0x646f72616e646f83U,
              key_[0] ^ 0x6c7967656e657261U, key_[1] ^ 0x7465646279746573U};
    }

    KeyedHash& add(std::uint64_t word) noexcept {
        v_[3] ^= word;
        round();
        v_[0] ^= word;
        return *this;
    }
    KeyedHash& add(std::string_view text) noexcept {
        const char* at = text.data();
        std::size_t rest = text.size();
        std::uint64_t word = 0;
        for (; rest >= 8; rest -= 8, at += 8) {
            std::memcpy(&word, at, 8);
            add(word);
        }
        word = static_cast<std::uint64_t>(text.size()) << 56U;
        for (std::size_t i = 0; i < rest; ++i) {
            word |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
        }
        return add(word);
    }
    /// As `add`, ASCII letters in lower case.
    KeyedHash& add_without_case(std::string_view text) noexcept {
        std::uint64_t word = 0;
        std::size_t filled = 0;
        for (const char c : text) {
            const bool is_upper = c >= 'A' && c <= 'Z';
            const auto octet = static_cast<unsigned char>(is_upper ? c + ('a' - 'A') : c);
            word |= static_cast<std::uint64_t>(octet) << (8 * filled);
            if (++filled < 8) continue;
            add(word);
            word = 0;
            filled = 0;
        }
        return add(word | static_cast<std::uint64_t>(text.size()) << 56U);
    }

    [[nodiscard]] std::uint64_t value() const noexcept { return finished(0xff).low; }
    [[nodiscard]] Hash128 value128() const noexcept { return finished(0xee); }

private:
    void round() noexcept {
        v_[0] += v_[1];
        v_[2] += v_[3];
        v_[1] = std::rotl(v_[1], 13) ^ v_[0];
        v_[3] = std::rotl(v_[3], 16) ^ v_[2];
        v_[0] = std::rotl(v_[0], 32);
        v_[2] += v_[1];
        v_[0] += v_[3];
        v_[1] = std::rotl(v_[1], 17) ^ v_[2];
        v_[3] = std::rotl(v_[3], 21) ^ v_[0];
        v_[2] = std::rotl(v_[2], 32);
    }
    [[nodiscard]] Hash128 finished(std::uint64_t mark) const noexcept {
        KeyedHash end = *this;
        end.v_[2] ^= mark;
        for (int i = 0; i < 3; ++i) end.round();
        Hash128 hash;
        hash.low = end.v_[0] ^ end.v_[1] ^ end.v_[2] ^ end.v_[3];
        end.v_[1] ^= 0xddU;
        for (int i = 0; i < 3; ++i) end.round();
        hash.high = end.v_[0] ^ end.v_[1] ^ end.v_[2] ^ end.v_[3];
        return hash;
    }

    std::array<std::uint64_t, 2> key_{};
    std::array<std::uint64_t, 4> v_{};
};

}  // namespace busyhour::engine::sip
