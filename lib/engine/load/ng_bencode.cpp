#include "engine/load/ng_bencode.h"

#include <array>
#include <charconv>

namespace busyhour::engine::load {
namespace {

constexpr std::size_t malformed = std::string_view::npos;

/// A number as bencode writes it: digits without a needless zero before them.
template <typename Number>
std::optional<Number> number_of(std::string_view digits) noexcept {
    const std::string_view plain = digits.substr(digits.starts_with('-') ? 1 : 0);
    const bool has_needless_zero = plain.starts_with('0') && digits.size() > 1;
    Number number{};
    const char* end = digits.data() + digits.size();
    const auto [last, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc{} || last != end || has_needless_zero) return std::nullopt;
    return number;
}

/// Where the integer that begins there ends.
std::size_t end_of_integer(std::string_view octets, std::size_t at) noexcept {
    const std::size_t end = octets.find('e', at);
    if (end == malformed) return malformed;
    return number_of<std::int64_t>(octets.substr(at + 1, end - at - 1)) ? end + 1 : malformed;
}

/// Where a text's own octets begin, and how many they are.
struct TextPlace {
    std::size_t begin = 0;
    std::size_t size = 0;
};

std::optional<TextPlace> text_place(std::string_view octets, std::size_t at) noexcept {
    constexpr std::size_t digits_max = 8;
    const std::size_t colon = octets.substr(at, digits_max + 1).find(':');
    if (colon == malformed) return std::nullopt;
    const auto size = number_of<std::uint32_t>(octets.substr(at, colon));
    const std::size_t begin = at + colon + 1;
    if (!size || *size > octets.size() - begin) return std::nullopt;
    return TextPlace{.begin = begin, .size = *size};
}

std::size_t end_of_text(std::string_view octets, std::size_t at) noexcept {
    const std::optional<TextPlace> place = text_place(octets, at);
    return place ? place->begin + place->size : malformed;
}

/// Lists and dictionaries that are open at a place.
class Nesting {
public:
    [[nodiscard]] bool is_empty() const noexcept { return depth_ == 0; }

    bool open(bool is_dictionary) noexcept {
        if (depth_ == bencode_depth_max) return false;
        levels_[depth_++] = {.is_dictionary = is_dictionary, .wants_key = is_dictionary};
        return true;
    }
    /// False where a key has no value.
    bool close() noexcept {
        --depth_;
        const Level closed = levels_[depth_];
        return !closed.is_dictionary || closed.wants_key;
    }
    [[nodiscard]] bool wants_key() const noexcept {
        return depth_ > 0 && levels_[depth_ - 1].wants_key;
    }
    /// A value, or a key, stands here whole.
    void pass() noexcept {
        if (depth_ == 0 || !levels_[depth_ - 1].is_dictionary) return;
        levels_[depth_ - 1].wants_key = !levels_[depth_ - 1].wants_key;
    }

private:
    struct Level {
        bool is_dictionary = false;
        bool wants_key = false;
    };
    std::array<Level, bencode_depth_max> levels_{};
    std::size_t depth_ = 0;
};

/// One step over octets[at]: an integer or text whole, or one end of a list or dictionary.
std::size_t step(std::string_view octets, std::size_t at, Nesting& nesting) noexcept {
    const char first = octets[at];
    if (first == 'e') {
        if (nesting.is_empty() || !nesting.close()) return malformed;
        nesting.pass();
        return at + 1;
    }
    if (first >= '0' && first <= '9') {
        nesting.pass();
        return end_of_text(octets, at);
    }
    if (nesting.wants_key()) return malformed;
    if (first == 'i') {
        nesting.pass();
        return end_of_integer(octets, at);
    }
    const bool is_container = first == 'd' || first == 'l';
    return is_container && nesting.open(first == 'd') ? at + 1 : malformed;
}

/// Where the value that begins at the front ends.
std::size_t end_of_value(std::string_view octets) noexcept {
    Nesting nesting;
    std::size_t at = 0;
    while (at < octets.size()) {
        at = step(octets, at, nesting);
        if (at == malformed || nesting.is_empty()) return at;
    }
    return malformed;
}

}  // namespace

BencodeWriter& BencodeWriter::dictionary() {
    octets_ += 'd';
    return *this;
}

BencodeWriter& BencodeWriter::list() {
    octets_ += 'l';
    return *this;
}

BencodeWriter& BencodeWriter::end() {
    octets_ += 'e';
    return *this;
}

BencodeWriter& BencodeWriter::text(std::string_view value) {
    octets_ += std::to_string(value.size());
    octets_ += ':';
    octets_ += value;
    return *this;
}

BencodeWriter& BencodeWriter::integer(std::int64_t value) {
    octets_ += 'i';
    octets_ += std::to_string(value);
    octets_ += 'e';
    return *this;
}

BencodeWriter& BencodeWriter::entry(std::string_view key, std::string_view value) {
    return text(key).text(value);
}

BencodeKind Bencode::kind() const noexcept {
    switch (octets_.front()) {
        case 'i':
            return BencodeKind::integer;
        case 'l':
            return BencodeKind::list;
        case 'd':
            return BencodeKind::dictionary;
        default:
            return BencodeKind::text;
    }
}

std::optional<std::int64_t> Bencode::integer() const noexcept {
    if (kind() != BencodeKind::integer) return std::nullopt;
    return number_of<std::int64_t>(octets_.substr(1, octets_.size() - 2));
}

std::optional<std::string_view> Bencode::text() const noexcept {
    if (kind() != BencodeKind::text) return std::nullopt;
    const std::optional<TextPlace> place = text_place(octets_, 0);
    return place ? std::optional(octets_.substr(place->begin, place->size)) : std::nullopt;
}

BencodeItems Bencode::items() const noexcept {
    const bool has_items = kind() == BencodeKind::list || kind() == BencodeKind::dictionary;
    return BencodeItems(has_items ? octets_.substr(1, octets_.size() - 2) : std::string_view{});
}

std::optional<Bencode> BencodeItems::next() noexcept {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = end_of_value(rest_);
    if (end == malformed) return std::nullopt;
    const Bencode value(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return value;
}

std::optional<Bencode> Bencode::find(std::string_view key) const noexcept {
    if (kind() != BencodeKind::dictionary) return std::nullopt;
    BencodeItems entries = items();
    while (const std::optional<Bencode> name = entries.next()) {
        const std::optional<Bencode> value = entries.next();
        if (value && name->text() == key) return value;
    }
    return std::nullopt;
}

std::optional<Bencode> parse_bencode(std::string_view octets) noexcept {
    const std::size_t end = end_of_value(octets);
    if (end == malformed || end != octets.size()) return std::nullopt;
    return Bencode(octets);
}

}  // namespace busyhour::engine::load
