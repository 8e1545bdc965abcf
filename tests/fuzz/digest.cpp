// Credentials and challenges from a stranger: what was read lies inside of it, a response has the
// length of its algorithm, and credentials with the right response are right.

#include "engine/sip/digest.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

bool is_inside(std::string_view part, std::string_view whole) {
    if (part.empty()) return true;
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const sip::DigestCalculator calculator;
    if (const auto challenge = sip::parse_challenge(text)) {
        check(is_inside(challenge->realm, text) && is_inside(challenge->nonce, text));
        check(is_inside(challenge->opaque, text) && is_inside(challenge->qop, text));
    }
    auto credentials = sip::parse_credentials(text);
    if (!credentials) return 0;
    for (const std::string_view part :
         {credentials->username, credentials->realm, credentials->nonce, credentials->uri,
          credentials->response, credentials->cnonce, credentials->opaque, credentials->qop}) {
        check(is_inside(part, text));
    }
    const auto response = calculator.response(*credentials, "secret", "REGISTER");
    check(response.size == 0 || response.size == 32 || response.size == 64);
    credentials->response = response.view();
    check(calculator.check(*credentials, "secret", "REGISTER") == (response.size != 0));
    return 0;
}
