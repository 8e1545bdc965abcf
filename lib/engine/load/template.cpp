#include "engine/load/template.h"

#include <algorithm>
#include <stdexcept>

namespace busyhour::engine::load {
namespace {

constexpr std::array<std::string_view, blanks_number> blank_names{
    "request_uri", "sent_by", "branch", "user",    "domain", "from_tag", "callee",
    "to_tag",      "call_id", "cseq",   "contact", "lines",  "length",   "body"};

Blank blank_of(std::string_view name) {
    const auto* const found = std::find(blank_names.begin(), blank_names.end(), name);
    if (found == blank_names.end()) {
        throw std::invalid_argument("no blank {" + std::string(name) + "}");
    }
    return static_cast<Blank>(found - blank_names.begin());
}

}  // namespace

MessageTemplate::MessageTemplate(std::string_view text) : text_(text) {
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t open = std::min(text.find('{', begin), text.size());
        Part part{.begin = begin, .size = open - begin};
        begin = open;
        if (open < text.size()) {
            const std::size_t close = std::min(text.find('}', open), text.size());
            part.blank = blank_of(text.substr(open + 1, close - open - 1));
            part.has_blank = true;
            begin = std::min(close + 1, text.size());
        }
        parts_.push_back(part);
    }
}

void MessageTemplate::write(sip::Writer& writer, const Filling& filling) const noexcept {
    const std::string_view text = text_;
    for (const Part& part : parts_) {
        writer.text(text.substr(part.begin, part.size));
        if (part.has_blank) writer.text(filling[part.blank]);
    }
}

}  // namespace busyhour::engine::load
