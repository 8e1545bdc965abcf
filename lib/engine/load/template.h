#pragma once

#include "engine/sip/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour::engine::load {

/// What a template leaves open.
enum class Blank : std::uint8_t {
    request_uri,
    sent_by,  ///< of the Via: host:port
    branch,
    user,
    domain,
    from_tag,
    callee,  ///< address of record without "sip:"
    to_tag,  ///< ";tag=..." or empty
    call_id,
    cseq,
    contact,  ///< host:port;transport=...
    lines,    ///< more header field lines, each with its CRLF
    length,   ///< of the body, in octets
    body,
};

constexpr std::size_t blanks_number = static_cast<std::size_t>(Blank::body) + 1;

/// What stands in the blanks of one message.
class Filling {
public:
    std::string_view& operator[](Blank blank) noexcept {
        return values_[static_cast<std::size_t>(blank)];
    }
    std::string_view operator[](Blank blank) const noexcept {
        return values_[static_cast<std::size_t>(blank)];
    }

private:
    std::array<std::string_view, blanks_number> values_{};
};

/// A message with blanks, taken apart once, so that writing it is a few copies.
class MessageTemplate {
public:
    MessageTemplate() = default;

    /// `text` with blanks written as {branch}. Throws std::invalid_argument for an unknown blank.
    explicit MessageTemplate(std::string_view text);

    void write(sip::Writer& writer, const Filling& filling) const noexcept;

private:
    struct Part {
        std::size_t begin = 0;  ///< of the literal text, which a blank may follow
        std::size_t size = 0;
        Blank blank{};
        bool has_blank = false;
    };

    std::string text_;
    std::vector<Part> parts_;
};

}  // namespace busyhour::engine::load
