#include "engine/rtp/srtp_reference.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace srtp_reference {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void need(int result) {
    if (result != 1) throw std::runtime_error("OpenSSL refuses");
}

Octets counter_mode(const Octets& key, const Octets& initial_counter, Octets text) {
    const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    need(EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(),
                            initial_counter.data()));
    int size = 0;
    need(EVP_EncryptUpdate(context.get(), text.data(), &size, text.data(),
                           static_cast<int>(text.size())));
    return text;
}

/// The text followed by the tag of 16 octets.
Octets galois_mode(const Octets& key, const Octets& iv, const Octets& associated, Octets text) {
    const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    need(EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, key.data(), iv.data()));
    int size = 0;
    need(EVP_EncryptUpdate(context.get(), nullptr, &size, associated.data(),
                           static_cast<int>(associated.size())));
    need(EVP_EncryptUpdate(context.get(), text.data(), &size, text.data(),
                           static_cast<int>(text.size())));
    std::array<std::uint8_t, 16> tag{};
    need(EVP_EncryptFinal_ex(context.get(), tag.data(), &size));
    need(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag.data()));
    text.insert(text.end(), tag.begin(), tag.end());
    return text;
}

Octets hmac(const Octets& key, const Octets& text, std::size_t tag_octets) {
    Octets tag(20);
    unsigned size = 0;
    HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), text.data(), text.size(), tag.data(),
         &size);
    tag.resize(tag_octets);
    return tag;
}

void append_word(Octets& to, std::uint32_t word) {
    for (unsigned shift = 32; shift != 0; shift -= 8) {
        to.push_back(static_cast<std::uint8_t>(word >> (shift - 8)));
    }
}

void exclusive_or(Octets& into, std::size_t at, const Octets& other) {
    for (std::size_t i = 0; i < other.size(); ++i) into.at(at + i) ^= other[i];
}

Octets part(const Octets& packet, std::size_t begin, std::size_t end) {
    Octets octets;
    for (std::size_t i = begin; i < end; ++i) octets.push_back(packet.at(i));
    return octets;
}

void append(Octets& to, const Octets& more) {
    to.insert(to.end(), more.begin(), more.end());
}

/// (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16). Source: rfc3711 4.1.1.
Octets cm_counter(const Octets& salt, const Octets& ssrc, const Octets& index) {
    Octets counter = salt;
    counter.resize(16);
    exclusive_or(counter, 4, ssrc);
    exclusive_or(counter, 14 - index.size(), index);
    return counter;
}

}  // namespace

Octets octets(std::string_view digits) {
    constexpr std::string_view alphabet = "0123456789abcdef";
    Octets result;
    std::size_t number = 0;
    for (const char c : digits) {
        if (c == ' ') continue;
        const auto value = static_cast<std::uint8_t>(alphabet.find(static_cast<char>(c | 0x20)));
        if (number++ % 2 == 0) {
            result.push_back(static_cast<std::uint8_t>(value << 4U));
        } else {
            result.back() = static_cast<std::uint8_t>(result.back() | value);
        }
    }
    return result;
}

Octets keystream(const Octets& key, const Octets& initial_counter, std::size_t size) {
    return counter_mode(key, initial_counter, Octets(size));
}

Octets derive(const Octets& master_key, const Octets& master_salt, std::uint8_t label,
              std::size_t size) {
    Octets counter = master_salt;
    counter.resize(16);
    counter[7] ^= label;  // the index behind it, of 6 octets, is 0
    return keystream(master_key, counter, size);
}

SessionKeys rtp_keys(const Octets& master_key, const Octets& master_salt, std::size_t salt_octets) {
    return {derive(master_key, master_salt, 0, 16), derive(master_key, master_salt, 2, salt_octets),
            derive(master_key, master_salt, 1, 20)};
}

SessionKeys rtcp_keys(const Octets& master_key, const Octets& master_salt,
                      std::size_t salt_octets) {
    return {derive(master_key, master_salt, 3, 16), derive(master_key, master_salt, 5, salt_octets),
            derive(master_key, master_salt, 4, 20)};
}

Octets protect_cm(const Octets& packet, std::size_t header_octets, const SessionKeys& keys,
                  std::uint32_t rollover_counter, std::size_t tag_octets) {
    Octets roc;
    append_word(roc, rollover_counter);
    Octets index = roc;
    append(index, part(packet, 2, 4));
    Octets out = part(packet, 0, header_octets);
    append(out,
           counter_mode(keys.cipher_key, cm_counter(keys.cipher_salt, part(packet, 8, 12), index),
                        part(packet, header_octets, packet.size())));
    Octets authenticated = out;
    append(authenticated, roc);
    append(out, hmac(keys.authentication_key, authenticated, tag_octets));
    return out;
}

Octets protect_rtcp_cm(const Octets& packet, const SessionKeys& keys, std::uint32_t index) {
    Octets index_octets;
    append_word(index_octets, index);
    Octets out = part(packet, 0, 8);
    append(out, counter_mode(keys.cipher_key,
                             cm_counter(keys.cipher_salt, part(packet, 4, 8), index_octets),
                             part(packet, 8, packet.size())));
    append_word(out, 0x80000000U | index);
    append(out, hmac(keys.authentication_key, out, 10));
    return out;
}

Octets protect_gcm(const Octets& packet, std::size_t header_octets, const SessionKeys& keys,
                   std::uint32_t rollover_counter) {
    Octets iv = {0, 0};
    append(iv, part(packet, 8, 12));
    append_word(iv, rollover_counter);
    append(iv, part(packet, 2, 4));
    exclusive_or(iv, 0, keys.cipher_salt);
    Octets out = part(packet, 0, header_octets);
    append(out, galois_mode(keys.cipher_key, iv, part(packet, 0, header_octets),
                            part(packet, header_octets, packet.size())));
    return out;
}

Octets protect_rtcp_gcm(const Octets& packet, const SessionKeys& keys, std::uint32_t index) {
    Octets iv = {0, 0};
    append(iv, part(packet, 4, 8));
    append(iv, {0, 0});
    append_word(iv, index);
    exclusive_or(iv, 0, keys.cipher_salt);
    Octets associated = part(packet, 0, 8);
    append_word(associated, 0x80000000U | index);
    Octets out = part(packet, 0, 8);
    append(out, galois_mode(keys.cipher_key, iv, associated, part(packet, 8, packet.size())));
    append_word(out, 0x80000000U | index);
    return out;
}

}  // namespace srtp_reference
