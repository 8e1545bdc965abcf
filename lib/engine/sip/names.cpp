#include "engine/sip/characters.h"
#include "engine/sip/message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

template <typename Value>
struct Name {
    std::string_view text;
    Value value;
};

constexpr std::array field_names = {
    Name<Field>{"via", Field::via},
    Name<Field>{"from", Field::from},
    Name<Field>{"to", Field::to},
    Name<Field>{"call-id", Field::call_id},
    Name<Field>{"contact", Field::contact},  // the same first letter and length as call-id
    Name<Field>{"cseq", Field::cseq},
    Name<Field>{"max-forwards", Field::max_forwards},
    Name<Field>{"route", Field::route},
    Name<Field>{"record-route", Field::record_route},
    Name<Field>{"content-length", Field::content_length},
    Name<Field>{"content-type", Field::content_type},
    Name<Field>{"content-encoding", Field::content_encoding},
    Name<Field>{"expires", Field::expires},
    Name<Field>{"min-expires", Field::min_expires},
    Name<Field>{"require", Field::require},
    Name<Field>{"proxy-require", Field::proxy_require},
    Name<Field>{"supported", Field::supported},
    Name<Field>{"unsupported", Field::unsupported},
    Name<Field>{"allow", Field::allow},
    Name<Field>{"accept", Field::accept},
    Name<Field>{"authorization", Field::authorization},
    Name<Field>{"proxy-authorization", Field::proxy_authorization},
    Name<Field>{"www-authenticate", Field::www_authenticate},
    Name<Field>{"proxy-authenticate", Field::proxy_authenticate},
    Name<Field>{"path", Field::path},
    Name<Field>{"event", Field::event},
    Name<Field>{"retry-after", Field::retry_after},
    Name<Field>{"timestamp", Field::timestamp},
    Name<Field>{"rack", Field::rack},
    Name<Field>{"rseq", Field::rseq},
    Name<Field>{"session-expires", Field::session_expires},
    Name<Field>{"min-se", Field::min_se},
    // Compact forms (rfc3261 7.3.3, rfc6665 8.2.1, rfc4028 4).
    Name<Field>{"v", Field::via},
    Name<Field>{"f", Field::from},
    Name<Field>{"t", Field::to},
    Name<Field>{"i", Field::call_id},
    Name<Field>{"m", Field::contact},
    Name<Field>{"l", Field::content_length},
    Name<Field>{"c", Field::content_type},
    Name<Field>{"e", Field::content_encoding},
    Name<Field>{"k", Field::supported},
    Name<Field>{"o", Field::event},
    Name<Field>{"x", Field::session_expires},
};

constexpr std::array method_names = {
    Name<Method>{"INVITE", Method::invite},
    Name<Method>{"ACK", Method::ack},
    Name<Method>{"BYE", Method::bye},
    Name<Method>{"CANCEL", Method::cancel},
    Name<Method>{"REGISTER", Method::register_},
    Name<Method>{"OPTIONS", Method::options},
    Name<Method>{"MESSAGE", Method::message},
    Name<Method>{"SUBSCRIBE", Method::subscribe},
    Name<Method>{"NOTIFY", Method::notify},
    Name<Method>{"PUBLISH", Method::publish},
    Name<Method>{"PRACK", Method::prack},
    Name<Method>{"UPDATE", Method::update},
    Name<Method>{"INFO", Method::info},
    Name<Method>{"REFER", Method::refer},
};

constexpr std::size_t length_max = 19;
constexpr std::uint8_t no_row = 255;
using Index = std::array<std::uint8_t, (length_max + 1) * 32>;

constexpr std::size_t place_of(std::string_view text) noexcept {
    return text.size() * 32 + (static_cast<unsigned char>(text.front()) & 31U);
}

/// Row of the table for each length and first letter: that of the first such name.
template <typename Table>
constexpr Index index_of(const Table& table) {
    Index index{};
    for (auto& row : index) row = no_row;
    for (std::size_t row = table.size(); row-- > 0;) {
        index.at(place_of(table[row].text)) = static_cast<std::uint8_t>(row);
    }
    return index;
}

constexpr Index field_index = index_of(field_names);
constexpr Index method_index = index_of(method_names);

template <typename Word>
Word word_at(const char* place) noexcept {
    Word word;
    std::memcpy(&word, place, sizeof word);
    return word;
}

/// Whether the letters of a word are those of `lower`, without regard to case. An octet below 0x20
/// is none of them, though CR with the bit of small letters would be a hyphen.
template <typename Word>
bool word_matches(Word word, Word lower) noexcept {
    constexpr auto case_bits = static_cast<Word>(0x2020202020202020U);
    constexpr auto letter_bits = static_cast<Word>(0x4040404040404040U);
    const auto is_graphic = static_cast<Word>((word | (word << 1U)) & letter_bits);
    return static_cast<Word>(word | case_bits) == lower && is_graphic == letter_bits;
}

/// `lower` has small letters and hyphens only.
template <typename Word>
inline bool words_match(const char* text, const char* lower, std::size_t size) noexcept {
    const std::size_t last = size - sizeof(Word);
    for (std::size_t place = 0; place < last; place += sizeof(Word)) {
        if (!word_matches(word_at<Word>(text + place), word_at<Word>(lower + place))) return false;
    }
    return word_matches(word_at<Word>(text + last), word_at<Word>(lower + last));
}

bool matches(std::string_view text, const char* lower) noexcept {
    const std::size_t size = text.size();
    if (size >= 8) return words_match<std::uint64_t>(text.data(), lower, size);
    if (size >= 4) return words_match<std::uint32_t>(text.data(), lower, size);
    if (size >= 2) return words_match<std::uint16_t>(text.data(), lower, size);
    return true;  // the first letter is the place in the index
}

}  // namespace

Field field_of(std::string_view name) noexcept {
    if (name.empty() || name.size() > length_max || !is_letter(name.front())) return Field::other;
    std::size_t row = field_index[place_of(name)];
    if (row == no_row) return Field::other;
    if (matches(name, field_names[row].text.data())) return field_names[row].value;
    // Two names of one length have the same first letter: they stand in neighbouring rows.
    ++row;
    if (row == field_names.size() || field_names[row].text.size() != name.size()) {
        return Field::other;
    }
    return matches(name, field_names[row].text.data()) ? field_names[row].value : Field::other;
}

Method method_of(std::string_view text) noexcept {
    if (text.empty() || text.size() > length_max) return Method::other;
    const std::size_t row = method_index[place_of(text)];
    if (row == no_row || method_names[row].text != text) return Method::other;
    return method_names[row].value;
}

std::string_view method_name(Method method) noexcept {
    const auto row = static_cast<std::size_t>(method);
    return row < method_names.size() ? method_names[row].text : std::string_view{};
}

bool equal_without_case(std::string_view one, std::string_view other) noexcept {
    if (one.size() != other.size()) return false;
    for (std::size_t place = 0; place < one.size(); ++place) {
        if (one[place] != other[place] && to_lower(one[place]) != to_lower(other[place])) {
            return false;
        }
    }
    return true;
}

}  // namespace busyhour::engine::sip
