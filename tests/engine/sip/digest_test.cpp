#include "engine/sip/digest.h"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;
using sip::DigestAlgorithm;

namespace {

/// Computes the response of `value`'s credentials.
std::string response_of(std::string_view value, std::string_view password,
                        std::string_view method) {
    const auto credentials = sip::parse_credentials(value);
    REQUIRE(credentials);
    const sip::DigestCalculator calculator;
    const auto secret = calculator.secret(credentials->algorithm, credentials->username,
                                          credentials->realm, password);
    const auto response = calculator.response(*credentials, secret.view(), method);
    CHECK(calculator.check(*credentials, secret.view(), method) ==
          (response.view() == credentials->response));
    return std::string(response.view());
}

const std::string mufasa_http =
    R"(Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", )"
    R"(nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, )"
    R"(cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, )"
    R"(opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", )";

}  // namespace

// RFC 2617 3.5 and RFC 7616 3.9.1.
TEST_CASE("responses of the standards' examples are right", "[engine][sip][table]") {
    CHECK(response_of(R"(Digest username="Mufasa",realm="testrealm@host.com",)"
                      R"(nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",uri="/dir/index.html",)"
                      R"(qop=auth,nc=00000001,cnonce="0a4f113b",)"
                      R"(response="6629fae49393a05397450978507c4ef1")",
                      "Circle Of Life", "GET") == "6629fae49393a05397450978507c4ef1");
    CHECK(response_of(mufasa_http + R"(algorithm=MD5, response="")", "Circle of Life", "GET") ==
          "8ca523f5e9506fed4657c9700eebdbec");
    CHECK(response_of(mufasa_http + R"(algorithm=SHA-256, response="x")", "Circle of Life",
                      "GET") == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

// The values beside these were computed with md5sum.
TEST_CASE("a response without qop and one of MD5-sess are right", "[engine][sip][table]") {
    const std::string credentials =
        R"(Digest username="bob",realm="r",nonce="n",uri="sip:r",cnonce="c",response="0")";
    CHECK(response_of(credentials, "pw", "REGISTER") == "74e3e938a99748a9fb13215213db52bb");
    CHECK(response_of(credentials + ",algorithm=md5-SESS,qop=auth,nc=0000000a", "pw", "REGISTER") ==
          "777eb8c94840065a54a64eb568d6d8f8");
}

TEST_CASE("a response is right for its password and method only", "[engine][sip]") {
    const std::string right = mufasa_http + R"(response="8ca523f5e9506fed4657c9700eebdbec")";
    const auto credentials = sip::parse_credentials(right);
    REQUIRE(credentials);

    const sip::DigestCalculator calculator;
    const auto secret_of = [&](std::string_view password) {
        return calculator.secret(DigestAlgorithm::md5, "Mufasa", "http-auth@example.org", password);
    };
    CHECK(calculator.check(*credentials, secret_of("Circle of Life").view(), "GET"));
    CHECK_FALSE(calculator.check(*credentials, secret_of("Circle of Lif").view(), "GET"));
    CHECK_FALSE(calculator.check(*credentials, secret_of("Circle of Life").view(), "POST"));
    auto other = *credentials;
    other.nonce_count_text = "00000002";
    CHECK_FALSE(calculator.check(other, secret_of("Circle of Life").view(), "GET"));
    other = *credentials;
    other.algorithm = DigestAlgorithm::sha256;
    CHECK_FALSE(calculator.check(other, secret_of("Circle of Life").view(), "GET"));
    other.algorithm = DigestAlgorithm::other;
    CHECK_FALSE(calculator.check(other, secret_of("Circle of Life").view(), "GET"));
    other = *credentials;
    other.response = "";
    CHECK_FALSE(calculator.check(other, secret_of("Circle of Life").view(), "GET"));
    other = *credentials;
    other.qop = "auth-int";
    CHECK_FALSE(calculator.check(other, secret_of("Circle of Life").view(), "GET"));
}

TEST_CASE("a challenge is read with its folds and unknown parameters", "[engine][sip]") {
    const auto challenge = sip::parse_challenge(
        "dIgest realm = \"a \\\" b\" ,\r\n nonce=\"n\", domain=\"sip:x\", opaque=\"\", stale=TRUE,"
        " algorithm=sha-256, qop=\"auth-int, auth\"");
    REQUIRE(challenge);
    CHECK(challenge->realm == R"(a \" b)");
    CHECK(challenge->nonce == "n");
    CHECK(challenge->is_stale);
    CHECK(challenge->offers_auth);
    CHECK(challenge->algorithm == DigestAlgorithm::sha256);
    const auto old = sip::parse_challenge(R"(Digest realm="r",nonce="n")");
    REQUIRE(old);
    CHECK(old->algorithm == DigestAlgorithm::md5);
    CHECK_FALSE(old->offers_auth);
    CHECK_FALSE(old->is_stale);
}

TEST_CASE("malformed challenges and credentials are refused", "[engine][sip][table]") {
    for (const char* wrong :
         {"", "Digest", "Digest ", "Basic realm=\"x\"", "Digest realm=\"r\"", "Digest nonce=\"n\"",
          "Digest realm=\"r\",nonce=\"n", "Digest realm=\"r\",nonce=\"n\",",
          "Digest realm=\"r\" nonce=\"n\"", "Digest realm=\"r\",nonce=\"n\",nonce=\"m\"",
          "Digestrealm=\"r\",nonce=\"n\"", "Digest realm=\"r\",nonce="}) {
        INFO(wrong);
        CHECK_FALSE(sip::parse_challenge(wrong));
    }
    const std::string whole = R"(Digest username="u",realm="r",nonce="n",uri="sip:r",response="x")";
    CHECK(sip::parse_credentials(whole));
    CHECK_FALSE(sip::parse_credentials(whole + ",qop=auth"));
    CHECK_FALSE(sip::parse_credentials(whole + ",qop=auth,cnonce=\"c\",nc=1"));
    CHECK_FALSE(sip::parse_credentials(whole + ",qop=auth,nc=00000001"));
    CHECK(sip::parse_credentials(whole + ",qop=auth,cnonce=\"c\",nc=0000001F")->nonce_count == 31);
}
