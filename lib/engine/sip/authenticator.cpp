#include "engine/sip/authenticator.h"

#include <algorithm>

namespace busyhour::engine::sip {

Authenticator::Authenticator(const ServerOptions& options, const Users& users,
                             Statistics& statistics)
    : options_(options),
      users_(users),
      statistics_(statistics),
      nonces_({.secret = options.secret,
               .worker = options.worker,
               .lifetime = options.nonce_lifetime,
               .remembered = options.capacities.nonces}) {}

bool Authenticator::knows(std::string_view username) const noexcept {
    return !users_.secret(username, DigestAlgorithm::md5).empty() ||
           !users_.secret(username, DigestAlgorithm::sha256).empty();
}

bool Authenticator::offers(DigestAlgorithm algorithm) const noexcept {
    return algorithm != DigestAlgorithm::other &&
           std::any_of(options_.digest_algorithms.begin(), options_.digest_algorithms.end(),
                       [&](DigestAlgorithm one) { return is_sha256(one) == is_sha256(algorithm); });
}

Authenticator::Verdict Authenticator::check(const Message& request, Field field,
                                            std::string_view uri, Time now) noexcept {
    for (const HeaderField& line : request.fields()) {
        if (line.field != field) continue;
        const auto credentials = parse_credentials(line.value);
        if (!credentials || credentials->realm != options_.realm) continue;
        if (!offers(credentials->algorithm)) continue;
        const Nonces::Verdict nonce = nonces_.check(credentials->nonce, now);
        if (nonce.age == Nonces::Age::forged) break;
        if (nonce.age == Nonces::Age::stale) return Verdict::stale;
        const std::string_view secret =
            users_.secret(credentials->username, credentials->algorithm);
        const bool is_right =
            !secret.empty() && calculator_.check(*credentials, secret, request.method_text);
        if (!is_right) {
            statistics_.count(Counter::authentications_failed);
            break;
        }
        // Without qop there is no count: such a nonce serves once (rfc7616 5.4).
        const std::uint32_t count = std::max<std::uint32_t>(credentials->nonce_count, 1);
        if (!nonces_.use(nonce.serial, count)) return Verdict::stale;
        const auto named = parse_uri(uri);
        if (!named || named->user != credentials->username) return Verdict::forbidden;
        return Verdict::accepted;
    }
    return Verdict::challenged;
}

void Authenticator::write_challenge(Writer& writer, std::string_view name, bool is_stale,
                                    Time now) noexcept {
    statistics_.count(is_stale ? Counter::stale_nonces : Counter::challenges);
    const auto write = [&](DigestAlgorithm algorithm) {
        writer.text(name).text(": Digest realm=\"").text(options_.realm).text("\", nonce=\"");
        nonces_.write(writer, now);
        writer.text("\", qop=\"auth\", algorithm=").text(algorithm_name(algorithm));
        writer.text(is_stale ? ", stale=true\r\n" : "\r\n");
    };
    for (const DigestAlgorithm algorithm : options_.digest_algorithms) write(algorithm);
}

}  // namespace busyhour::engine::sip
