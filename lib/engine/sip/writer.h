#pragma once

#include "engine/sip/message.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

/// Writes a message into octets that somebody else owns. What does not fit is not written, and
/// `is_full()` says so from then on.
class Writer {
public:
    explicit Writer(std::span<char> octets) noexcept : octets_(octets) {}

    // Here, so that a literal's few octets are stored instead of copied by a call.
    Writer& text(std::string_view text) noexcept {
        if (text.size() > octets_.size() - size_) is_full_ = true;
        if (is_full_ || text.empty()) return *this;
        std::memcpy(octets_.data() + size_, text.data(), text.size());
        size_ += text.size();
        return *this;
    }
    Writer& number(std::uint64_t number) noexcept;
    Writer& hex(std::uint64_t number, int digits) noexcept;
    /// "name: value\r\n"
    Writer& field(std::string_view name, std::string_view value) noexcept;

    [[nodiscard]] bool is_full() const noexcept { return is_full_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::string_view written() const noexcept { return {octets_.data(), size_}; }

private:
    std::span<char> octets_;
    std::size_t size_ = 0;
    bool is_full_ = false;
};

/// What a response adds to what it copies from its request.
struct ResponseExtras {
    std::string_view to_tag = {};         ///< added where the request's To has none
    std::string_view received = {};       ///< `received` for the topmost Via; empty: none (18.2.1)
    std::uint16_t rport = 0;              ///< value for an empty `rport` (rfc3581); 0: none
    std::string_view header_fields = {};  ///< whole lines, each with its CRLF
    std::string_view body = {};
};

/// Writes the response `status_code` to `request`: Via, From, To, Call-ID and CSeq copied, a
/// Content-Length at the end. Source: rfc3261 8.2.6.
void write_response(Writer& writer, const Message& request, int status_code,
                    const ResponseExtras& extras) noexcept;

/// The reason phrase of a status code, as in the RFC that defines it.
std::string_view reason_phrase(int status_code) noexcept;

}  // namespace busyhour::engine::sip
