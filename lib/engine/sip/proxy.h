#pragma once

#include "engine/sip/authenticator.h"
#include "engine/sip/location.h"
#include "engine/sip/media_control.h"
#include "engine/sip/registrar.h"
#include "engine/sip/responder.h"
#include "engine/sip/routing.h"
#include "engine/sip/server_options.h"
#include "engine/sip/timer_lists.h"
#include "engine/sip/transactions.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace busyhour::engine::sip {

/// A stateful, Record-Routing, forking proxy. Source: rfc3261 16, 17; rfc6026; rfc5658.
class Proxy {
public:
    Proxy(const ServerOptions& options, Location& location, const Registrar& registrar,
          Authenticator& authenticator, Responder& responder, MediaControl* media);

    /// Whether the request belonged to a transaction that is there (a retransmission, an ACK, a
    /// CANCEL), and was dealt with.
    bool absorb(const Arrival& arrival) noexcept;
    /// ACK of a 2xx: sent on without a transaction (rfc3261 16.11, 13.2.2.4).
    void forward_ack(const Arrival& arrival) noexcept;
    void forward(const Arrival& arrival) noexcept;
    void receive_response(const Arrival& arrival) noexcept;

    void timeout(Time now, Outbox& out) noexcept;
    [[nodiscard]] Time next_timeout() const noexcept { return timers_.next(); }
    void closed(const Peer& peer, Time now, Outbox& out) noexcept;

    [[nodiscard]] double fill_fraction() const noexcept { return transactions_.fill_fraction(); }
    [[nodiscard]] std::size_t server_transactions() const noexcept {
        return transactions_.servers();
    }
    [[nodiscard]] std::size_t client_transactions() const noexcept {
        return transactions_.clients();
    }

private:
    static constexpr std::size_t targets_max = 16;

    struct Destination {
        std::string_view request_uri;
        std::string_view path;
        Peer to;
    };
    /// Where a request goes, or what it is answered.
    struct Plan {
        int status_code = 0;
        std::array<Destination, targets_max> destinations;
        std::size_t number = 0;
        RouteSet routes;
        bool has_aor = false;
        Hash128 aor;
        std::uint32_t q = 0;
    };
    struct Moment {
        Time now;
        Outbox& out;
    };

    // Requests: proxy.cpp
    [[nodiscard]] Hash128 key_of(const Message& request) const noexcept;
    [[nodiscard]] std::uint32_t loop_mark(const Message& request) const noexcept;
    [[nodiscard]] bool is_loop(const Message& request) const noexcept;
    [[nodiscard]] bool is_authentic(const Arrival& arrival) noexcept;
    void plan(const Arrival& arrival, Plan& plan) noexcept;
    void plan_route(const Arrival& arrival, Plan& plan) noexcept;
    void plan_uri(const Uri& uri, const Arrival& arrival, Plan& plan) noexcept;
    void find_contacts(const Hash128& aor, std::uint32_t q_below, const Peer& from, Time now,
                       Plan& plan) noexcept;
    [[nodiscard]] std::string_view write_branch(const Arrival& arrival,
                                                const Destination& destination, const Plan& plan,
                                                std::string_view branch) noexcept;
    bool open_branch(std::uint32_t server, const Message& request, const Destination& destination,
                     const Plan& plan, const Moment& moment) noexcept;
    std::size_t open_branches(std::uint32_t server, const Message& request, const Plan& plan,
                              const Moment& moment) noexcept;
    [[nodiscard]] std::optional<std::string_view> relayed_body(const Message& message,
                                                               Time now) noexcept;
    [[nodiscard]] bool write_response(Writer& writer, const Message& response, Time now) noexcept;
    void refuse_full(const Arrival& arrival) noexcept;
    void absorb_ack(std::uint32_t index, const Arrival& arrival) noexcept;
    void repeat_response(std::uint32_t index, Outbox& out) noexcept;

    // Responses and cancelling: proxy_responses.cpp
    void receive_invite_response(std::uint32_t index, const Arrival& arrival) noexcept;
    void receive_late_response(std::uint32_t index, const Arrival& arrival) noexcept;
    void receive_other_response(std::uint32_t index, const Arrival& arrival) noexcept;
    void acknowledge(std::uint32_t index, const Arrival& arrival) noexcept;
    void pass_on(std::uint32_t index, const Arrival& arrival) noexcept;
    void branch_ended(std::uint32_t index, const Message* response, int status_code,
                      const Moment& moment) noexcept;
    void keep_best(std::uint32_t index, const Message* response, int status_code) noexcept;
    bool try_more_contacts(std::uint32_t index, const Moment& moment) noexcept;
    void send_best(std::uint32_t index, const Moment& moment) noexcept;
    void finish(std::uint32_t index, std::string_view octets, int status_code,
                const Moment& moment) noexcept;
    void cancel_branches(std::uint32_t index, const Moment& moment) noexcept;
    void send_cancel(std::uint32_t index, const Moment& moment) noexcept;
    [[nodiscard]] const Message* read_kept(const KeptMessage& message) noexcept;
    [[nodiscard]] Peer reply_to(const ServerTransaction& server) noexcept;

    // Timers: proxy_timers.cpp
    [[nodiscard]] std::uint32_t repeat_timer(std::uint32_t server) const noexcept;
    [[nodiscard]] std::uint32_t end_timer(std::uint32_t server) const noexcept;
    [[nodiscard]] std::uint32_t client_repeat_timer(std::uint32_t client) const noexcept;
    [[nodiscard]] std::uint32_t client_end_timer(std::uint32_t client) const noexcept;
    void close_server(std::uint32_t server) noexcept;
    void close_client(std::uint32_t index) noexcept;
    void server_timer(std::uint32_t index, bool is_end, const Moment& moment) noexcept;
    void client_timer(std::uint32_t index, bool is_end, const Moment& moment) noexcept;
    void fail(std::uint32_t index, int status_code, const Moment& moment) noexcept;

    const ServerOptions& options_;
    Location& location_;
    const Registrar& registrar_;
    Authenticator& authenticator_;
    Responder& responder_;
    Router router_;
    Transactions transactions_;
    TimerLists timers_;
    std::uint64_t branches_ = 0;   ///< how many were made
    std::vector<char> texts_;      ///< contacts of a look-up
    MediaControl* media_;          ///< null: media go round this server
    std::vector<char> body_text_;  ///< a session description that was rewritten
    std::vector<char> kept_text_;  ///< a kept message that is read
    Message kept_;
    Plan plan_;
};

/// Numbers of the durations of rfc3261 17, Table 4, in the order of `proxy_durations`.
namespace timer {
constexpr std::size_t t1 = 0;  ///< 0.5 s, doubled by each following number
constexpr std::size_t t2 = 3;  ///< 4 s
constexpr std::size_t sixty_four_t1 = 6;
constexpr std::size_t t4 = 7;
constexpr std::size_t c = 8;
}  // namespace timer

/// What a branch made here says of itself.
struct BranchName {
    unsigned worker = 0;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    std::uint32_t loop_mark = 0;
};
void write_branch_name(Writer& writer, const BranchName& name) noexcept;
std::optional<BranchName> parse_branch_name(std::string_view branch) noexcept;

}  // namespace busyhour::engine::sip
