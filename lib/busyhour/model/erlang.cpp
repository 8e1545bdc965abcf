#include "busyhour/model/erlang.h"

#include "busyhour/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace busyhour {
namespace {

constexpr double largest_servers = 1e7;
constexpr double machine_fraction = std::numeric_limits<double>::epsilon();

// Nearer to 1 the traffic hangs on the last bits of the probability.
constexpr double largest_blocking_probability = 0.999999;

// Below this much traffic Poisson's first term is all of Erlang's formula, to the last bit.
constexpr double sparse_erlang = 1e-100;

void check_offered(double offered_erlang) {
    if (!(offered_erlang >= 0 && offered_erlang <= largest_erlang)) {
        throw InputError("offered_erlang", "must be 0 to 1e7", "split larger traffic into groups");
    }
}

void check_blocking(double blocking_probability) {
    if (!(blocking_probability > 0 && blocking_probability < 1)) {
        throw InputError("blocking_probability", "must be more than 0 and less than 1",
                         "0.01 loses one call in a hundred");
    }
}

/// exp(A) A^-x Gamma(x + 1, A) by Lentz's continued fraction, which converges where A > x + 1.
/// Source: handbook-teletraffic, incomplete gamma form of Erlang B.
double inverse_by_continued_fraction(double offered_erlang, double servers_number) {
    const double a = servers_number + 1;
    double b = offered_erlang + 1 - a;
    double c = std::numeric_limits<double>::max();
    double d = 1 / b;
    double fraction = d;
    for (int i = 1; i < 1000; ++i) {
        const double numerator = -i * (i - a);
        b += 2;
        d = 1 / (numerator * d + b);
        c = b + numerator / c;
        fraction *= c * d;
        if (std::abs(c * d - 1) < machine_fraction) break;
    }
    return offered_erlang * fraction;
}

/// exp(A) A^-x Gamma(x + 1, A) by the power series of the lower incomplete gamma function.
/// Source: handbook-teletraffic, incomplete gamma form of Erlang B.
double inverse_by_series(double offered_erlang, double servers_number) {
    const double a = servers_number + 1;
    double term = 1 / a;
    double sum = term;
    for (int i = 1; term > sum * machine_fraction; ++i) {
        term *= offered_erlang / (a + i);
        sum += term;
    }
    const double complete =
        std::tgamma(a) * std::exp(offered_erlang) * std::pow(offered_erlang, -servers_number);
    return complete - offered_erlang * sum;
}

/// 1 / B(A, x) for less than one server.
double inverse_below_one_server(double offered_erlang, double servers_number) {
    if (servers_number == 0) return 1;
    return offered_erlang > servers_number + 2
               ? inverse_by_continued_fraction(offered_erlang, servers_number)
               : inverse_by_series(offered_erlang, servers_number);
}

/// 1 / B(A, n) = mantissa x 2^exponent, which stays finite where B underflows.
class InverseBlocking {
public:
    InverseBlocking(double offered_erlang, double servers_number)
        : offered_erlang_(offered_erlang),
          servers_number_(servers_number),
          mantissa_(inverse_below_one_server(offered_erlang, servers_number)) {}

    /// Adds one server. Source: handbook-teletraffic, Erlang B recursion in the inverse.
    void add_server() {
        servers_number_ += 1;
        mantissa_ = one_ + mantissa_ * servers_number_ / offered_erlang_;
        if (mantissa_ > rescale_factor) rescale();
    }

    [[nodiscard]] double probability() const { return std::ldexp(1 / mantissa_, -exponent_); }
    [[nodiscard]] double log_probability() const {
        return -std::log(mantissa_) - exponent_ * std::numbers::ln2;
    }

private:
    static constexpr int rescale_exponent = 512;
    static constexpr double rescale_factor = 0x1p512;

    void rescale() {
        mantissa_ /= rescale_factor;
        exponent_ += rescale_exponent;
        one_ = 0;  // 1 no longer reaches the last bit of an inverse above 2^512
    }

    double offered_erlang_;
    double servers_number_;
    double mantissa_;
    double one_ = 1;
    int exponent_ = 0;
};

InverseBlocking inverse_blocking(double offered_erlang, double servers_number) {
    const double whole_number = std::floor(servers_number);
    InverseBlocking inverse(offered_erlang, servers_number - whole_number);
    const auto whole = static_cast<int>(whole_number);
    for (int n = 0; n < whole; ++n) inverse.add_server();
    return inverse;
}

/// ln(A^N / N!), to which Erlang's formula shrinks for sparse traffic.
double log_sparse_blocking(double offered_erlang, double servers_number) {
    return servers_number * std::log(offered_erlang) - std::lgamma(servers_number + 1);
}

double log_blocking(double offered_erlang, double servers_number) {
    if (offered_erlang < sparse_erlang) return log_sparse_blocking(offered_erlang, servers_number);
    return inverse_blocking(offered_erlang, servers_number).log_probability();
}

double blocking(double offered_erlang, double servers_number) {
    if (offered_erlang < sparse_erlang) {
        return std::exp(log_sparse_blocking(offered_erlang, servers_number));
    }
    return inverse_blocking(offered_erlang, servers_number).probability();
}

/// Growth of ln B with ln A. Source: handbook-teletraffic, derivative of Erlang B.
double log_slope(double offered_erlang, double servers_number, double log_now) {
    const double carried_erlang = -offered_erlang * std::expm1(log_now);
    return servers_number - carried_erlang;
}

/// Root in A of ln B(A, N) = ln target, by Newton's steps where they stay in the bracket.
double search_offered_erlang(double servers_number, double blocking_probability) {
    const double log_target = std::log(blocking_probability);
    double low_erlang = 0;
    double high_erlang = servers_number / (1 - blocking_probability);  // all servers always busy
    // Both starts are at or below the root: B is below A^N / N! and below A / (A + N).
    // From there Newton's steps stay below it, because ln B is a concave function of ln A.
    double now_erlang = std::exp((log_target + std::lgamma(servers_number + 1)) / servers_number);
    if (servers_number >= 1) {
        now_erlang = std::max(now_erlang, blocking_probability * high_erlang);
    }
    for (int i = 0; i < 200 && now_erlang > 0; ++i) {
        const double log_now = log_blocking(now_erlang, servers_number);
        const double gap = log_target - log_now;
        const double step = gap / log_slope(now_erlang, servers_number, log_now);
        if (std::abs(gap) <= machine_fraction || std::abs(step) <= machine_fraction) break;
        (log_now <= log_target ? low_erlang : high_erlang) = now_erlang;
        if (high_erlang - low_erlang <= 2 * machine_fraction * high_erlang) break;
        now_erlang *= std::exp(step);
        if (!(now_erlang > low_erlang && now_erlang < high_erlang)) {
            now_erlang = low_erlang + (high_erlang - low_erlang) / 2;
        }
    }
    return now_erlang;
}

}  // namespace

double erlang_b_probability(double offered_erlang, double servers_number) {
    check_offered(offered_erlang);
    if (!(servers_number >= 0 && servers_number <= largest_servers)) {
        throw InputError("servers_number", "must be 0 to 1e7", "split larger groups");
    }
    if (servers_number == 0) return 1;
    return offered_erlang == 0 ? 0 : blocking(offered_erlang, servers_number);
}

int servers_for(double offered_erlang, double blocking_probability) {
    check_offered(offered_erlang);
    check_blocking(blocking_probability);
    if (offered_erlang == 0) return 0;
    int servers = 0;
    if (offered_erlang < sparse_erlang) {
        while (blocking(offered_erlang, servers) > blocking_probability) ++servers;
        return servers;
    }
    InverseBlocking inverse(offered_erlang, 0);
    for (; inverse.probability() > blocking_probability; ++servers) inverse.add_server();
    return servers;
}

double offered_erlang_for(double servers_number, double blocking_probability) {
    if (!(servers_number > 0 && servers_number <= largest_servers)) {
        throw InputError("servers_number", "must be more than 0 and at most 1e7",
                         "no server carries no traffic");
    }
    if (!(blocking_probability > 0 && blocking_probability <= largest_blocking_probability)) {
        throw InputError("blocking_probability", "must be more than 0 and at most 0.999999",
                         "0.01 loses one call in a hundred");
    }
    double offered_erlang = search_offered_erlang(servers_number, blocking_probability);
    // Rounding may have stepped over the root, and the promise is "at most".
    for (double step_fraction = machine_fraction;
         offered_erlang > 0 && blocking(offered_erlang, servers_number) > blocking_probability;
         step_fraction *= 2) {
        offered_erlang *= 1 - step_fraction;
    }
    return offered_erlang;
}

}  // namespace busyhour
