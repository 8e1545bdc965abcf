#include "busyhour/catalog/json.h"

#include "busyhour/catalog/json_reading.h"
#include "busyhour/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace busyhour {
namespace {

constexpr int depth_max = 64;
constexpr double integer_max = 9007199254740992.0;  // 2^53: above it a double skips integers

std::string place(std::string_view text, std::size_t byte, const std::string& file) {
    byte = std::min(byte, text.size());
    std::size_t line = 1;
    std::size_t column = 1;
    for (std::size_t i = 0; i < byte; ++i) {
        const bool line_ends = text[i] == '\n';
        line += line_ends ? 1 : 0;
        column = line_ends ? 1 : column + 1;
    }
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

/// Keeps a hostile nesting from costing memory or stack before the parser sees it.
void check_depth(std::string_view text, const std::string& file) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > depth_max) {
                throw InputError(place(text, i, file), "nested deeper than 64 levels",
                                 "a deployment needs fewer than 10");
            }
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
}

/// The parser's message without its prefix and without the foreign bytes it may quote.
std::string short_reason(std::string_view message) {
    constexpr std::string_view marker = "syntax error while parsing ";
    if (const auto at = message.find(marker); at != message.npos) {
        message.remove_prefix(at + marker.size());
    } else if (const auto end = message.find("] "); end != message.npos) {
        message.remove_prefix(end + 2);
    }
    if (const auto last = message.find("; last read:"); last != message.npos) {
        message = message.substr(0, last);
    }
    std::string reason;
    for (const char c : message.substr(0, 120)) {
        reason += (c >= ' ' && c <= '~') ? c : '?';
    }
    return reason;
}

std::string remedy_for(std::string_view text, std::size_t byte) {
    const std::size_t begin = byte > 16 ? byte - 16 : 0;
    const std::string_view near = text.substr(std::min(begin, text.size()), 32);
    for (const std::string_view word : {"NaN", "nan", "Infinity", "inf"}) {
        if (near.find(word) != near.npos) {
            return "JSON has no NaN or infinity: leave the key out where the value is unknown";
        }
    }
    if (near.find("//") != near.npos || near.find("/*") != near.npos) return "JSON has no comments";
    if (byte >= text.size()) return "the text ends too early: is the file whole?";
    return {};
}

/// Builds our tree from the parser's events, and notes what the standard leaves open.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
public:
    TreeBuilder(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

    bool null() override { return add(Json{}); }
    bool boolean(bool value) override { return add(Json{value}); }
    bool number_integer(number_integer_t value) override {
        return integer(static_cast<double>(value));
    }
    bool number_unsigned(number_unsigned_t value) override {
        return integer(static_cast<double>(value));
    }
    bool number_float(number_float_t value, const string_t& /*text*/) override {
        return add(Json{value});
    }
    bool string(string_t& value) override { return add(Json{std::move(value)}); }
    bool binary(binary_t& /*value*/) override { return false; }  // JSON text has none
    bool start_object(std::size_t /*size*/) override { return open(Json{Json::Object{}}); }
    bool start_array(std::size_t /*size*/) override { return open(Json{Json::Array{}}); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        frames_.back().is_repeated = !frames_.back().keys.insert(name).second;
        if (frames_.back().is_repeated) {
            problems_.push_back({pointer_to(pointer(), name),
                                 "the key \"" + name + "\" stands twice",
                                 "keep one: JSON readers disagree on which counts"});
        }
        frames_.back().key = std::move(name);
        return true;
    }

    // A syntax error: nothing of the text can be trusted.
    bool parse_error(std::size_t position, const std::string& /*token*/,
                     const nlohmann::json::exception& error) override {
        const std::size_t byte = position > 0 ? position - 1 : 0;
        problems_.push_back({place(text_, byte, file_), "not JSON: " + short_reason(error.what()),
                             remedy_for(text_, byte)});
        throw InputError(problems_);
    }

    JsonReading result() { return {std::move(root_), std::move(problems_)}; }

private:
    struct Frame {
        Json value;
        std::string key;
        bool is_repeated = false;  // the key: its value is left out
        std::unordered_set<std::string> keys;
    };

    [[nodiscard]] std::string pointer() const {
        std::string path;
        for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
            const Json::Array* array = frames_[i].value.array();
            path = array != nullptr ? pointer_to(path, array->size())
                                    : pointer_to(path, frames_[i].key);
        }
        return path;
    }

    bool integer(double value) {
        if (std::abs(value) > integer_max) {
            problems_.push_back({pointer(), "an integer beyond 2^53 loses digits", {}});
        }
        return add(Json{value});
    }

    bool open(Json container) {
        frames_.push_back({std::move(container), {}, false, {}});
        return true;
    }

    bool close() {
        Json done = std::move(frames_.back().value);
        frames_.pop_back();
        return add(std::move(done));
    }

    bool add(Json value) {
        if (frames_.empty()) {
            root_ = std::move(value);
            return true;
        }
        Frame& top = frames_.back();
        if (auto* array = std::get_if<Json::Array>(&top.value.value)) {
            array->push_back(std::move(value));
        } else if (!top.is_repeated) {
            std::get<Json::Object>(top.value.value).push_back({top.key, std::move(value)});
        }
        return true;
    }

    std::string_view text_;
    std::string file_;
    std::vector<Frame> frames_;
    std::vector<Problem> problems_;
    Json root_;
};

nlohmann::ordered_json to_nlohmann(const Json& json) {
    if (const Json::Object* object = json.object()) {
        auto result = nlohmann::ordered_json::object();
        for (const JsonMember& member : *object) result[member.key] = to_nlohmann(member.value);
        return result;
    }
    if (const Json::Array* array = json.array()) {
        auto result = nlohmann::ordered_json::array();
        for (const Json& item : *array) result.push_back(to_nlohmann(item));
        return result;
    }
    if (const std::string* text = json.text()) return *text;
    if (const bool* boolean = json.boolean()) return *boolean;
    if (const double* number = json.number()) {
        if (*number == std::floor(*number) && std::abs(*number) <= integer_max) {
            return static_cast<std::int64_t>(*number);
        }
        return *number;
    }
    return nullptr;
}

}  // namespace

const Json::Object& Json::members() const {
    static const Object none;
    const Object* found = object();
    return found == nullptr ? none : *found;
}

const Json::Array& Json::items() const {
    static const Array none;
    const Array* found = array();
    return found == nullptr ? none : *found;
}

double Json::number_or_zero() const {
    const double* found = number();
    return found == nullptr ? 0 : *found;
}

const Json* Json::find(std::string_view key) const {
    const Object* members = object();
    if (members == nullptr) return nullptr;
    const auto found = std::find_if(members->begin(), members->end(),
                                    [&](const JsonMember& member) { return member.key == key; });
    return found == members->end() ? nullptr : &found->value;
}

JsonReading read_json(std::string_view text, const std::string& file) {
    check_depth(text, file);
    TreeBuilder builder(text, file);
    nlohmann::json::sax_parse(text, &builder);
    return builder.result();
}

Json parse_json(std::string_view text, const std::string& file) {
    JsonReading reading = read_json(text, file);
    if (!reading.problems.empty()) throw InputError(reading.problems);
    return std::move(reading.value);
}

std::string to_json_text(const Json& value, int indent) {
    return to_nlohmann(value).dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

Json merge_patch(Json target, const Json& patch) {
    const Json::Object* changes = patch.object();
    if (changes == nullptr) return patch;
    if (target.object() == nullptr) target.value = Json::Object{};
    auto& members = std::get<Json::Object>(target.value);
    for (const JsonMember& change : *changes) {
        const auto old =
            std::find_if(members.begin(), members.end(),
                         [&](const JsonMember& member) { return member.key == change.key; });
        if (change.value.is_null()) {
            if (old != members.end()) members.erase(old);
        } else if (old != members.end()) {
            old->value = merge_patch(std::move(old->value), change.value);
        } else {
            members.push_back({change.key, merge_patch(Json{}, change.value)});
        }
    }
    return target;
}

void put(Json::Object& object, std::string_view key, Json value) {
    const auto old = std::find_if(object.begin(), object.end(),
                                  [&](const JsonMember& member) { return member.key == key; });
    if (old != object.end()) {
        old->value = std::move(value);
    } else {
        object.push_back({std::string(key), std::move(value)});
    }
}

std::string pointer_to(const std::string& pointer, std::string_view token) {
    std::string result = pointer + "/";
    for (const char c : token) {
        if (c == '~') {
            result += "~0";
        } else if (c == '/') {
            result += "~1";
        } else {
            result += c;
        }
    }
    return result;
}

std::string pointer_to(const std::string& pointer, std::size_t index) {
    return pointer_to(pointer, std::to_string(index));
}

}  // namespace busyhour
