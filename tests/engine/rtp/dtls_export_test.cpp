// Against a client that is nothing but OpenSSL: the keys stand where RFC 5764 says.

#include "engine/rtp/dtls.h"

#include <catch2/catch.hpp>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace dtls_export_test {

namespace engine = busyhour::engine;
namespace rtp = busyhour::engine::rtp;

namespace {

using Bytes = std::vector<std::uint8_t>;

class PlainClient {
public:
    explicit PlainClient(const char* profiles)
        : certificate_(engine::make_self_signed_certificate(engine::KeyKind::ecdsa_p256)),
          context_(SSL_CTX_new(DTLS_client_method()), SSL_CTX_free),
          session_(nullptr, SSL_free) {
        SSL_CTX_use_certificate(context_.get(), certificate_.certificate.get());
        SSL_CTX_use_PrivateKey(context_.get(), certificate_.key.get());
        REQUIRE(SSL_CTX_set_tlsext_use_srtp(context_.get(), profiles) == 0);
        session_.reset(SSL_new(context_.get()));
        BIO* const in = BIO_new(BIO_s_mem());
        BIO* const out = BIO_new(BIO_s_mem());
        BIO_set_mem_eof_return(in, -1);
        SSL_set_bio(session_.get(), in, out);
        SSL_set_options(session_.get(), SSL_OP_NO_QUERY_MTU);
        SSL_set_mtu(session_.get(), 1200);
    }

    /// One step of the handshake; the records to send, one after another.
    Bytes step(rtp::Octets incoming) {
        BIO_write(SSL_get_rbio(session_.get()), incoming.data(), static_cast<int>(incoming.size()));
        SSL_connect(session_.get());
        Bytes records(65536);
        const int size = BIO_read(SSL_get_wbio(session_.get()), records.data(), 65536);
        records.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return records;
    }

    Bytes exported(std::size_t size) {
        constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
        Bytes material(size);
        REQUIRE(SSL_export_keying_material(session_.get(), material.data(), size, label.data(),
                                           label.size(), nullptr, 0, 0) == 1);
        return material;
    }

private:
    engine::Certificate certificate_;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
    std::unique_ptr<SSL, decltype(&SSL_free)> session_;
};

template <std::size_t Size>
Bytes first(const rtp::SrtpSecret<Size>& secret, std::size_t octets) {
    return {secret.octets.begin(), secret.octets.begin() + static_cast<std::ptrdiff_t>(octets)};
}

}  // namespace

TEST_CASE("Exported keys are taken in the order of RFC 5764 4.2", "[engine][dtls]") {
    struct Row {
        const char* profile;
        rtp::SrtpSuite suite;
        std::size_t salt_octets;
        std::uint64_t lifetime_packets;
    };
    // Source: rfc5764 4.1.2, rfc7714 12 and 14.2.
    for (const Row& row :
         {Row{"SRTP_AES128_CM_SHA1_80", rtp::SrtpSuite::aes_cm_128_hmac_sha1_80, 14, 2147483648},
          Row{"SRTP_AES128_CM_SHA1_32", rtp::SrtpSuite::aes_cm_128_hmac_sha1_32, 14, 2147483648},
          Row{"SRTP_AEAD_AES_128_GCM", rtp::SrtpSuite::aead_aes_128_gcm, 12, 281474976710656}}) {
        CAPTURE(row.profile);
        const rtp::DtlsContext context;
        rtp::DtlsAssociation passive(context, {});
        PlainClient client(row.profile);
        const engine::Time now(std::chrono::hours(1));
        Bytes records = client.step({});
        for (int i = 0; i < 2; ++i) {
            rtp::DtlsDatagrams out;
            passive.receive(records, now, out);
            records.clear();
            for (std::size_t k = 0; k < out.size(); ++k) {
                const Bytes more = client.step(out[k]);
                records.insert(records.end(), more.begin(), more.end());
            }
        }
        REQUIRE(passive.state() == rtp::DtlsState::unverified);
        // Whatever the client's certificate is: this test knows that it is the client's.
        REQUIRE(passive.remote_fingerprint());
        passive.expect(*passive.remote_fingerprint());
        REQUIRE(passive.keys());

        const Bytes material = client.exported(2 * (16 + row.salt_octets));
        const auto part = [&material](std::size_t begin, std::size_t size) {
            const auto from = material.begin() + static_cast<std::ptrdiff_t>(begin);
            return Bytes(from, from + static_cast<std::ptrdiff_t>(size));
        };
        const rtp::SrtpParameters& of_client = passive.keys()->remote;
        const rtp::SrtpParameters& of_server = passive.keys()->local;
        CHECK(first(of_client.key.master_key, 16) == part(0, 16));
        CHECK(first(of_server.key.master_key, 16) == part(16, 16));
        CHECK(first(of_client.key.master_salt, row.salt_octets) == part(32, row.salt_octets));
        CHECK(first(of_server.key.master_salt, row.salt_octets) ==
              part(32 + row.salt_octets, row.salt_octets));
        for (const rtp::SrtpParameters* parameters : {&of_client, &of_server}) {
            CHECK(parameters->suite == row.suite);
            CHECK(parameters->lifetime_packets == row.lifetime_packets);
            CHECK(parameters->mki.size == 0);
        }
    }
}

}  // namespace dtls_export_test
