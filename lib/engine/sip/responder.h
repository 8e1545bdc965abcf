#pragma once

#include "engine/clock.h"
#include "engine/outbox.h"
#include "engine/sip/hash.h"
#include "engine/sip/message.h"
#include "engine/sip/server_options.h"
#include "engine/sip/statistics.h"
#include "engine/sip/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace busyhour::engine::sip {

inline std::span<const std::uint8_t> octets_of(std::string_view text) noexcept {
    const void* begin = text.data();
    return {static_cast<const std::uint8_t*>(begin), text.size()};
}

/// One message that came, and where what follows from it goes.
struct Arrival {
    const Message& message;
    std::string_view octets;
    const Peer& from;
    Time now;
    Outbox& out;
};

/// The text of `received` and the number of `rport` that a Via gets. Source: rfc3581 4.
class ViaRepair {
public:
    ViaRepair(const Message& request, const Peer& from) noexcept;
    [[nodiscard]] std::string_view received() const noexcept { return {text_.data(), size_}; }
    [[nodiscard]] std::uint16_t rport() const noexcept { return rport_; }

private:
    std::array<char, 46> text_{};
    std::size_t size_ = 0;
    std::uint16_t rport_ = 0;
};

/// Writes and counts what leaves a worker. Its buffer is as large as the largest message.
class Responder {
public:
    Responder(const ServerOptions& options, Statistics& statistics);

    /// Counts the message and puts it into the outbox.
    void send(Outbox& out, const Peer& to, std::string_view octets, const Message& about,
              int status_code) noexcept;
    void send(Outbox& out, const Peer& to, std::string_view octets, Method method,
              int status_code) noexcept;

    /// The response `status_code`, without a transaction: the same for a repeated request.
    /// Source: rfc3261 8.2.7.
    void answer(const Arrival& arrival, int status_code,
                std::string_view header_fields = {}) noexcept;

    /// Writes a response into the buffer; valid until the next.
    std::string_view write(const Message& request, const Peer& from, int status_code,
                           std::string_view header_fields = {}) noexcept;

    /// Whether an ACK belongs to a refusal that `answer` gave to the INVITE of the same branch, and
    /// so to no one else (rfc3261 8.2.7, 17.1.1.3): its To tag was made here, or, in a dialog, the
    /// refusal is one of the last that are remembered.
    [[nodiscard]] bool refused(const Message& ack) const noexcept;

    /// Whither the responses of a request go. Source: rfc3261 18.2.2, rfc3581 4.
    static Peer reply_to(const Message& request, const Peer& from) noexcept;

    [[nodiscard]] KeyedHash hash() const noexcept { return KeyedHash(options_.secret); }
    [[nodiscard]] Statistics& statistics() noexcept { return statistics_; }
    [[nodiscard]] std::span<char> buffer() noexcept { return buffer_; }

private:
    /// The same for a repeated request and for the ACK of its answer.
    [[nodiscard]] std::uint64_t tag_of(const Message& request) const noexcept;

    const ServerOptions& options_;
    Statistics& statistics_;
    std::vector<char> buffer_;
    std::vector<std::uint64_t>
        refusals_;  ///< of INVITEs in dialogs, by `tag_of`; a newer one overwrites
};

}  // namespace busyhour::engine::sip
