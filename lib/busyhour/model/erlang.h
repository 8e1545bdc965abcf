#pragma once

namespace busyhour {

/// The most traffic that the formulas take.
constexpr double largest_erlang = 1e7;

/// Probability that a call finds every server busy: 0 to 1e7 erlangs, 0 to 1e7 servers.
///
/// A fraction of a server is the analytic continuation, which Hayward's method and searches need.
/// Without servers every call is blocked; without traffic and with servers none is. The relative
/// error stays below 1e-10; what is too small for a normal double is the nearest denormal or 0.
/// Source: handbook-teletraffic, Erlang B recursion and its integral form for real N.
double erlang_b_probability(double offered_erlang, double servers_number);

/// Fewest whole servers that block at most `blocking_probability`, which lies inside 0 and 1.
///
/// 0 to 1e7 erlangs; no traffic needs no server. Source: handbook-teletraffic, Erlang B recursion.
int servers_for(double offered_erlang, double blocking_probability);

/// Most erlangs of which `servers_number` block at most `blocking_probability`.
///
/// More than 0 and up to 1e7 servers, not necessarily whole; probability above 0, up to 0.999999.
/// The relative error stays below 1e-12, or for heavy blocking below what the last bit of the
/// probability decides. Source: handbook-teletraffic, derivative of Erlang B.
double offered_erlang_for(double servers_number, double blocking_probability);

}  // namespace busyhour
