#include "engine/load/generator.h"

#include "engine/load/arrivals.h"
#include "engine/load/octets.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace busyhour::engine::load {
namespace {

constexpr std::string_view transport_names[] = {"UDP", "TCP", "TLS"};
constexpr std::string_view contact_parameters[] = {"", ";transport=tcp", ";transport=tls"};

/// Consecutive users share a socket, so that what is due together leaves by one system call.
constexpr std::size_t users_in_a_row = 16;

/// So long before BYE the ends of a call with media stop sending.
constexpr Duration silence_before_bye = std::chrono::milliseconds(200);

}  // namespace

Generator::Generator(Scenario scenario, CallTalk* talk)
    : scenario_(std::move(scenario)),
      talk_(talk),
      deadlines_(2 * scenario_.sessions_max),
      users_(scenario_.users.size()),
      challenges_(scenario_.flow.reuses_nonce ? scenario_.users.size() : 0),
      sessions_(scenario_.sessions_max),
      dialogs_(scenario_.flow.method == sip::Method::invite ? scenario_.sessions_max : 0),
      called_(scenario_.flow.method == sip::Method::invite ? scenario_.sessions_max : 0),
      requests_(scenario_.sessions_max * request_octets_max),
      free_(scenario_.sessions_max) {
    const auto transport = static_cast<std::size_t>(scenario_.target.transport);
    transport_name_ = transport_names[transport];
    contact_parameters_ = contact_parameters[transport];
    std::iota(free_.begin(), free_.end(), Slot{0});
    const bool has_own_addresses =
        scenario_.is_reliable() && scenario_.connection_use == ConnectionUse::persistent;
    locals_.resize(!scenario_.is_reliable() ? scenario_.sockets_number
                   : has_own_addresses      ? scenario_.users.size()
                                            : 1);
    closing_.reserve(2 * scenario_.sessions_max);
    std::array<char, 8> digits{};
    sip::Writer writer(digits);
    seed_text_ = writer.hex(scenario_.seed, 8).written();
    make_templates();
}

void Generator::begin(const Flow& flow) {
    scenario_.flow = flow;
    counters_ = Counters{};
    next_user_ = 0;
    last_answer_ = Time{};
}

void Generator::set_local_address(std::size_t index, LocalAddress address) {
    locals_.at(index) = std::move(address);
}

std::size_t Generator::connections_max() const noexcept {
    if (!scenario_.is_reliable()) return 0;
    if (scenario_.connection_use == ConnectionUse::persistent) return scenario_.users.size() + 1;
    return 2 * scenario_.sessions_max + 2;
}

std::size_t Generator::local_of(std::uint32_t user) const noexcept {
    if (!scenario_.is_reliable()) return user / users_in_a_row % scenario_.sockets_number;
    return locals_.size() > 1 ? user : 0;
}

Peer Generator::peer_of(Slot slot) const noexcept {
    const Session& session = sessions_[slot];
    Peer peer = scenario_.target;
    if (!scenario_.is_reliable()) {
        peer.listener = static_cast<std::uint8_t>(local_of(session.user));
    } else if (scenario_.connection_use == ConnectionUse::persistent) {
        peer.connection = session.user + 1;
    } else {
        // Two in turn, so that one can be closed while the next is opened.
        const bool is_per_transaction = scenario_.connection_use == ConnectionUse::per_transaction;
        peer.connection = 2 * slot + (is_per_transaction ? session.transaction % 2U : 0U) + 2;
    }
    return peer;
}

Generator::Slot Generator::take_slot() noexcept {
    if (sessions_number_ == free_.size()) return no_slot;
    const Slot slot = free_[free_begin_];
    free_begin_ = (free_begin_ + 1) % free_.size();
    ++sessions_number_;
    return slot;
}

/// The last freed is taken first, as it is in the cache; but what is left of a call at its called
/// side should end before its place is used again.
void Generator::release(Slot slot) noexcept {
    deadlines_.drop(slot);
    if (talk_ != nullptr && scenario_.flow.method == sip::Method::invite) talk_->end(slot);
    Session& session = sessions_[slot];
    session.state = SessionState::free;
    session.generation = (session.generation + 1) & 0xffffffU;
    users_[session.user].is_busy = false;
    if (scenario_.flow.has_callee) {
        const std::size_t free_number = free_.size() - sessions_number_;
        free_[(free_begin_ + free_number) % free_.size()] = slot;
    } else {
        free_begin_ = (free_begin_ + free_.size() - 1) % free_.size();
        free_[free_begin_] = slot;
    }
    --sessions_number_;
}

std::optional<std::uint32_t> Generator::next_idle_user() noexcept {
    constexpr std::size_t tries_max = 256;
    const bool is_alone = !scenario_.flow.has_callee;  // its Call-ID has one CSeq at a time
    for (std::size_t i = 0; i < std::min(tries_max, users_.size()); ++i) {
        const std::size_t user = next_user_;
        next_user_ = (next_user_ + 1) % users_.size();
        if (!is_alone || !users_[user].is_busy) return static_cast<std::uint32_t>(user);
    }
    return std::nullopt;
}

bool Generator::start(Time intended, Time now, Outbox& out) noexcept {
    ++counters_.offered;
    const std::optional<std::uint32_t> user = next_idle_user();
    const Slot slot = user ? take_slot() : no_slot;
    if (slot == no_slot) {
        ++counters_.without_place;
        return false;
    }
    ++counters_.started;
    Session& session = sessions_[slot];
    const std::uint32_t generation = session.generation;
    session = Session{};
    session.generation = generation;
    session.intended = intended;
    session.first_sent = now;
    session.user = *user;
    session.callee = static_cast<std::uint32_t>(
        (*user + std::max<std::size_t>(users_.size() / 2, 1)) % users_.size());
    users_[*user].is_busy = true;
    begin_attempt(slot, now, out);
    return true;
}

void Generator::begin_attempt(Slot slot, Time now, Outbox& out) noexcept {
    Session& session = sessions_[slot];
    session.authorizations = 0;
    const bool has_nonce = scenario_.flow.reuses_nonce && !challenges_[session.user].view().empty();
    std::array<char, 1024> line{};
    std::size_t size = 0;
    if (has_nonce) {
        ++session.authorizations;
        size = write_authorization(slot, scenario_.flow.method, challenges_[session.user].view(),
                                   false, line);
    }
    send_request(slot, scenario_.flow.method, {line.data(), size}, now, out);
}

void Generator::timeout(Time now, Outbox& out) noexcept {
    deadlines_.expire(now, [&](Deadlines::Id id) {
        if (id >= sessions_.size()) {
            called_timeout(static_cast<Slot>(id - sessions_.size()), now, out);
            return;
        }
        switch (sessions_[id].state) {
            case SessionState::waiting:
                request_timeout(id, now, out);
                break;
            case SessionState::holding:
                if (talk_ != nullptr) {
                    // A relay drops what is under way at the BYE.
                    talk_->end(id);
                    sessions_[id].state = SessionState::silent;
                    deadlines_.set(id, now + silence_before_bye);
                    break;
                }
                [[fallthrough]];
            case SessionState::silent:
                send_request(id, sip::Method::bye, {}, now, out);
                break;
            case SessionState::backing_off:
                begin_attempt(id, now, out);
                break;
            case SessionState::free:
                break;
        }
    });
}

void Generator::closed(const Peer& peer, Time now, Outbox& /*out*/) noexcept {
    for (Slot slot = 0; slot < sessions_.size(); ++slot) {
        if (sessions_[slot].state != SessionState::waiting) continue;
        if (peer_of(slot).connection == peer.connection) {
            give_up_or_back_off(slot, Ending::disconnected, 0, now);
        }
    }
}

/// The wait is random between half and all of an upper bound that doubles. Source: rfc5626 4.5.
void Generator::give_up_or_back_off(Slot slot, Ending ending, std::uint32_t retry_after_s,
                                    Time now) noexcept {
    Session& session = sessions_[slot];
    if (!scenario_.flow.retries) {
        finish(slot, ending, now);
        return;
    }
    ++counters_.back_offs;
    if (ending == Ending::timed_out) ++counters_.timeouts;
    const BackOff& back_off = scenario_.back_off;
    const int doublings = std::min<int>(session.attempts, 20);
    const double bound_ns =
        std::min(std::ldexp(static_cast<double>(back_off.base.count()), doublings),
                 static_cast<double>(back_off.largest.count()));
    const std::uint64_t place = (std::uint64_t{session.user} << 16U) + session.attempts;
    const double fraction = 0.5 + uniform_fraction(scenario_.seed, place) / 2;
    Duration wait(static_cast<Duration::rep>(bound_ns * fraction));
    if (retry_after_s > 0) wait = std::chrono::seconds(retry_after_s);
    ++session.attempts;
    if (scenario_.connection_use != ConnectionUse::persistent && scenario_.is_reliable()) {
        closing_.push_back(peer_of(slot).connection);
    }
    session.state = SessionState::backing_off;
    deadlines_.set(slot, now + wait);
}

void Generator::count_ending(const Session& session, Ending ending) noexcept {
    switch (ending) {
        case Ending::succeeded:
            break;
        case Ending::refused:
            ++counters_.refused;
            break;
        case Ending::timed_out:
            ++counters_.timeouts;
            break;
        case Ending::disconnected:
            ++counters_.disconnected;
            break;
    }
    if (ending == Ending::succeeded) {
        ++counters_.succeeded;
    } else {
        ++counters_.failed;
    }
    if (scenario_.flow.method != sip::Method::invite) return;
    ++counters_.invites_ended;
    if (!session.is_invite_answered) ++counters_.invite_ineffective;
}

void Generator::finish(Slot slot, Ending ending, Time /*now*/) noexcept {
    Session& session = sessions_[slot];
    count_ending(session, session.is_failing ? Ending::refused : ending);
    if (scenario_.is_reliable() && scenario_.connection_use != ConnectionUse::persistent) {
        closing_.push_back(peer_of(slot).connection);
    }
    release(slot);
}

void Generator::receive(std::span<const std::uint8_t> octets, const Peer& from, Time now,
                        Outbox& out) noexcept {
    const sip::Fault fault = sip::parse_message(as_text(octets), message_);
    if (fault != sip::Fault::none) {
        ++counters_.unexpected;
        return;
    }
    MethodTally& tally = counters_.of(message_.method);
    if (message_.is_request) {
        tally.requests_received.count(octets.size());
        receive_request(message_, from, now, out);
    } else {
        tally.responses_received.count(octets.size());
        const auto status = static_cast<std::size_t>(message_.status_code);
        if (status < counters_.received_by_status.size()) ++counters_.received_by_status[status];
        receive_response(message_, from, now, out);
    }
}

}  // namespace busyhour::engine::load
