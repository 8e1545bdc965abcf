#include "engine/engine.h"

#include <openssl/crypto.h>

namespace busyhour::engine {

std::string tls_library() {
    return OpenSSL_version(OPENSSL_VERSION);
}

}  // namespace busyhour::engine
