#include "engine/sip/users.h"

namespace busyhour::engine::sip {

Users::Entry& Users::entry(std::string_view username) {
    return entries_.try_emplace(std::string(username)).first->second;
}

void Users::add_password(std::string_view username, std::string_view password) {
    Entry& user = entry(username);
    user.md5 = calculator_.secret(DigestAlgorithm::md5, username, realm_, password).view();
    user.sha256 = calculator_.secret(DigestAlgorithm::sha256, username, realm_, password).view();
}

void Users::add_secret(std::string_view username, DigestAlgorithm algorithm,
                       std::string_view secret) {
    Entry& user = entry(username);
    (is_sha256(algorithm) ? user.sha256 : user.md5) = secret;
}

std::string_view Users::secret(std::string_view username,
                               DigestAlgorithm algorithm) const noexcept {
    const auto found = entries_.find(username);
    if (found == entries_.end()) return {};
    return is_sha256(algorithm) ? found->second.sha256 : found->second.md5;
}

}  // namespace busyhour::engine::sip
