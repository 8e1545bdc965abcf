// A bencoded answer from a stranger: what was taken apart lies inside of it and, written again, is
// the same.

#include "engine/load/ng_bencode.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace load = busyhour::engine::load;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

void write_again(const load::Bencode& value, std::string_view whole, load::BencodeWriter& out) {
    check(value.octets().data() >= whole.data());
    check(value.octets().data() + value.octets().size() <= whole.data() + whole.size());
    if (const auto number = value.integer()) {
        out.integer(*number);
        return;
    }
    if (const auto text = value.text()) {
        out.text(*text);
        return;
    }
    const bool is_dictionary = value.kind() == load::BencodeKind::dictionary;
    is_dictionary ? out.dictionary() : out.list();
    load::BencodeItems items = value.items();
    while (const auto item = items.next()) write_again(*item, whole, out);
    out.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string octets(data, data + size);
    const auto value = load::parse_bencode(octets);
    if (!value) return 0;
    load::BencodeWriter again;
    write_again(*value, octets, again);
    check(again.octets() == octets);
    (void)value->find("result");
    return 0;
}
