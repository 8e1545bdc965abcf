#pragma once

#include <cstddef>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace busyhour::engine::sip {

constexpr bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t';
}

#if defined(__SSE2__)
constexpr std::ptrdiff_t block_octets = 16;

inline __m128i load_block(const char* at) noexcept {
    return _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(at)));
}

/// A bit for each of 16 octets: set where it is a control character, HT included.
inline unsigned controls_of(__m128i block) noexcept {
    const __m128i highest = _mm_set1_epi8(0x1F);
    const __m128i is_low = _mm_cmpeq_epi8(_mm_max_epu8(block, highest), highest);
    return static_cast<unsigned>(_mm_movemask_epi8(is_low));
}
#endif

/// The first control character, HT left out; `end` where there is none.
inline const char* find_control(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
    while (end - at >= block_octets) {
        const unsigned controls = controls_of(load_block(at));
        if (controls == 0) {
            at += block_octets;
            continue;
        }
        at += __builtin_ctz(controls);
        if (*at != '\t') return at;
        ++at;
    }
#endif
    while (at != end && !is_control(*at)) ++at;
    return at;
}

/// The first ':'; `end` where none stands before a control character.
inline const char* find_colon(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
    if (end - at >= block_octets) {
        const __m128i block = load_block(at);
        const __m128i is_colon = _mm_cmpeq_epi8(block, _mm_set1_epi8(':'));
        const auto colons = static_cast<unsigned>(_mm_movemask_epi8(is_colon));
        const unsigned first = colons & (~colons + 1U);
        if (colons != 0 && (controls_of(block) & (first - 1U)) == 0) {
            return at + __builtin_ctz(colons);
        }
    }
#endif
    while (at != end && *at != ':' && !is_control(*at)) ++at;
    return at != end && *at == ':' ? at : end;
}

/// What ends a line.
struct LineEnd {
    const char* at = nullptr;  ///< the CR, or the character that may not be in a line
    bool is_whole = false;     ///< CRLF stands at `at`
};

/// The end of the line that begins at `at`: a control character may stand behind a backslash only
/// (`quoted-pair`), CR and LF never. Source: rfc3261 25.1.
inline LineEnd find_line_end(const char* at, const char* end) noexcept {
    const char* begin = at;
    for (;;) {
        at = find_control(at, end);
        if (at == end) return {at, false};
        if (*at == '\r') return {at, end - at >= 2 && at[1] == '\n'};
        if (*at == '\n' || at == begin || at[-1] != '\\') return {at, false};
        ++at;
    }
}

}  // namespace busyhour::engine::sip
