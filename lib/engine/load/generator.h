#pragma once

#include "engine/handler.h"
#include "engine/load/call_talk.h"
#include "engine/load/counters.h"
#include "engine/load/deadlines.h"
#include "engine/load/scenario.h"
#include "engine/load/session.h"
#include "engine/load/template.h"
#include "engine/sip/digest.h"

#include <memory>
#include <optional>

namespace busyhour::engine::load {

/// The user agents of a load: callers and callees, without a socket or a clock. All memory is taken
/// at the start.
class Generator : public Handler {
public:
    /// `talk`: what the ends of calls say; null: nothing, and their descriptions name ports that
    /// nobody listens at.
    explicit Generator(Scenario scenario, CallTalk* talk = nullptr);

    /// Begins another flow with fresh counters; no session may be under way.
    void begin(const Flow& flow);

    /// Where a UDP socket, or a user's connection, stands; before the first message of it.
    void set_local_address(std::size_t index, LocalAddress address);
    [[nodiscard]] std::size_t local_addresses_number() const { return locals_.size(); }

    /// An arrival: the next user begins a session. False, and counted, where no user is idle or no
    /// place is left.
    bool start(Time intended, Time now, Outbox& out) noexcept;

    void receive(std::span<const std::uint8_t> octets, const Peer& from, Time now,
                 Outbox& out) noexcept override;
    void timeout(Time now, Outbox& out) noexcept override;
    [[nodiscard]] Time next_timeout() const noexcept override { return deadlines_.next(); }
    void closed(const Peer& peer, Time now, Outbox& out) noexcept override;

    /// Sessions under way.
    [[nodiscard]] std::size_t sessions() const noexcept { return sessions_number_; }

    /// Connections that have done their work: to be closed once everything in the outbox has been
    /// sent. `Peer::connection` names them.
    [[nodiscard]] std::span<const std::uint32_t> closing() const noexcept { return closing_; }
    void clear_closing() noexcept { closing_.clear(); }

    /// How many values `Peer::connection` takes, 0 for UDP.
    [[nodiscard]] std::size_t connections_max() const noexcept;

    /// When the last session that succeeded was answered; 0 where none was.
    [[nodiscard]] Time last_answer() const noexcept { return last_answer_; }

    [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
    [[nodiscard]] Counters& counters() noexcept { return counters_; }
    [[nodiscard]] const Scenario& scenario() const noexcept { return scenario_; }

private:
    using Slot = std::uint32_t;
    static constexpr Slot no_slot = 0xffffffff;
    static constexpr std::size_t request_octets_max = 1536;

    struct UserState {
        std::uint32_t cseq = 0;
        std::uint32_t nonce_count = 0;
        bool is_busy = false;
    };
    struct Place {  ///< a slot and its generation, as a branch or a Call-ID has them
        Slot slot = no_slot;
        std::uint32_t generation = 0;
        std::uint8_t transaction = 0;
    };
    enum class Ending : std::uint8_t { succeeded, refused, timed_out, disconnected };

    // Sessions.
    Slot take_slot() noexcept;
    void release(Slot slot) noexcept;
    std::optional<std::uint32_t> next_idle_user() noexcept;
    void begin_attempt(Slot slot, Time now, Outbox& out) noexcept;
    void finish(Slot slot, Ending ending, Time now) noexcept;
    void give_up_or_back_off(Slot slot, Ending ending, std::uint32_t retry_after_s,
                             Time now) noexcept;
    void count_ending(const Session& session, Ending ending) noexcept;

    // Requests.
    void make_templates();
    void send_request(Slot slot, sip::Method method, std::string_view lines, Time now,
                      Outbox& out) noexcept;
    std::size_t write_request(Slot slot, sip::Method method, std::string_view lines,
                              std::span<char> octets) noexcept;
    void send_ack(Slot slot, Time now, Outbox& out) noexcept;
    void send_ack_of_failure(const sip::Message& response, const Peer& to, Outbox& out) noexcept;
    void send_cancel(Slot slot, Time now, Outbox& out) noexcept;
    void transmit_request(Slot slot, Outbox& out) noexcept;
    void request_timeout(Slot slot, Time now, Outbox& out) noexcept;
    std::size_t write_authorization(Slot slot, sip::Method method, std::string_view challenge,
                                    bool is_proxy, std::span<char> octets) noexcept;
    [[nodiscard]] Peer peer_of(Slot slot) const noexcept;
    [[nodiscard]] std::size_t local_of(std::uint32_t user) const noexcept;
    [[nodiscard]] std::string_view request_uri_of(Slot slot, sip::Method method,
                                                  std::span<char> octets) const noexcept;
    [[nodiscard]] std::span<char> request_buffer(Slot slot) noexcept;

    // Responses.
    void receive_response(const sip::Message& message, const Peer& from, Time now,
                          Outbox& out) noexcept;
    void provisional(Slot slot, const sip::Message& message, Time now, Outbox& out) noexcept;
    void final_response(Slot slot, const sip::Message& message, Time now, Outbox& out) noexcept;
    void final_of_invite(Slot slot, const sip::Message& message, Time now, Outbox& out) noexcept;
    void answered(Slot slot, const sip::Message& message, Time now, Outbox& out) noexcept;
    void count_answer(const Session& session, Time now) noexcept;
    void remember_dialog(Slot slot, const sip::Message& message) noexcept;
    bool authorize(Slot slot, const sip::Message& message, Time now, Outbox& out) noexcept;
    [[nodiscard]] std::optional<Place> place_of_branch(std::string_view branch) const noexcept;

    // The called side.
    void receive_request(const sip::Message& message, const Peer& from, Time now,
                         Outbox& out) noexcept;
    void receive_invite(const sip::Message& message, const Peer& from, Time now,
                        Outbox& out) noexcept;
    void receive_cancel(const sip::Message& message, const Peer& from, Time now,
                        Outbox& out) noexcept;
    void prepare_final(Slot slot, const sip::Message& invite, std::string_view to_tag,
                       std::string_view more_lines) noexcept;
    void send_final(Slot slot, Time now, Outbox& out) noexcept;
    void called_timeout(Slot slot, Time now, Outbox& out) noexcept;
    void respond(const sip::Message& request, int status_code, const Peer& to,
                 Outbox& out) noexcept;
    void transmit_response(std::string_view octets, int status_code, sip::Method method,
                           const Peer& to, Outbox& out) noexcept;
    [[nodiscard]] Slot slot_of_call(std::string_view call_id) const noexcept;

    Scenario scenario_;
    CallTalk* talk_;
    Counters counters_;
    Deadlines deadlines_;  ///< of sessions, then of their called sides
    std::vector<LocalAddress> locals_;
    std::vector<UserState> users_;
    std::vector<ShortText<320>> challenges_;  ///< of each user, where nonces are used again
    std::vector<Session> sessions_;
    std::vector<Dialog> dialogs_;
    std::vector<CalledSide> called_;
    std::vector<char> requests_;  ///< the last request of each session
    std::vector<Slot> free_;      ///< a ring: the last freed is taken first, or last for calls
    std::size_t free_begin_ = 0;
    std::size_t sessions_number_ = 0;
    std::size_t next_user_ = 0;
    Time last_answer_{};
    std::vector<std::uint32_t> closing_;
    std::array<MessageTemplate, 8> templates_;
    sip::DigestCalculator digest_;
    sip::Message message_;
    std::string seed_text_;  ///< of branches and Call-IDs
    std::string transport_name_;
    std::string contact_parameters_;
};

}  // namespace busyhour::engine::load
