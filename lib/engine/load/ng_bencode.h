#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace busyhour::engine::load {

/// Writes a value in bencode, front to back: integers `i42e`, texts `4:ping`, lists `l...e`,
/// dictionaries `d...e` of keys and values in turn. Source: rtpengine-ng.
class BencodeWriter {
public:
    BencodeWriter& dictionary();  ///< begins one
    BencodeWriter& list();        ///< begins one
    BencodeWriter& end();         ///< of the one begun last
    BencodeWriter& text(std::string_view value);
    BencodeWriter& integer(std::int64_t value);

    /// A key and its text.
    BencodeWriter& entry(std::string_view key, std::string_view value);

    [[nodiscard]] const std::string& octets() const noexcept { return octets_; }

private:
    std::string octets_;
};

enum class BencodeKind : std::uint8_t { integer, text, list, dictionary };

class BencodeItems;

/// One value inside octets that `parse_bencode` has checked; a view of them.
class Bencode {
public:
    [[nodiscard]] BencodeKind kind() const noexcept;
    [[nodiscard]] std::string_view octets() const noexcept { return octets_; }

    [[nodiscard]] std::optional<std::int64_t> integer() const noexcept;
    [[nodiscard]] std::optional<std::string_view> text() const noexcept;

    /// The value of the first such key of a dictionary.
    [[nodiscard]] std::optional<Bencode> find(std::string_view key) const noexcept;

    /// What a list holds, or the keys and values of a dictionary in turn; of others nothing.
    [[nodiscard]] BencodeItems items() const noexcept;

private:
    friend class BencodeItems;
    friend std::optional<Bencode> parse_bencode(std::string_view octets) noexcept;
    explicit Bencode(std::string_view octets) noexcept : octets_(octets) {}

    std::string_view octets_;
};

class BencodeItems {
public:
    std::optional<Bencode> next() noexcept;

private:
    friend class Bencode;
    explicit BencodeItems(std::string_view rest) noexcept : rest_(rest) {}

    std::string_view rest_;
};

constexpr std::size_t bencode_depth_max = 32;

/// The one value that the octets are: nothing where they are malformed, cut off, followed by more,
/// nested deeper than `bencode_depth_max`, or where a dictionary's key is no text. Never allocates.
std::optional<Bencode> parse_bencode(std::string_view octets) noexcept;

}  // namespace busyhour::engine::load
