#pragma once

#include "engine/sip/digest.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace busyhour::engine::sip {

/// Who may register and call: user name -> H(username:realm:password). Filled at the start, read
/// by all workers. Source: rfc7616 3.4.2.
class Users {
public:
    explicit Users(std::string realm) : realm_(std::move(realm)) {}

    void add_password(std::string_view username, std::string_view password);
    /// `secret` is H(username:realm:password) in hexadecimal, of MD5 or SHA-256.
    void add_secret(std::string_view username, DigestAlgorithm algorithm, std::string_view secret);

    /// Empty where the user, or that hash of it, is not known.
    [[nodiscard]] std::string_view secret(std::string_view username,
                                          DigestAlgorithm algorithm) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] const std::string& realm() const noexcept { return realm_; }

private:
    struct Entry {
        std::string md5;
        std::string sha256;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };

    Entry& entry(std::string_view username);

    std::string realm_;
    DigestCalculator calculator_;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
};

}  // namespace busyhour::engine::sip
