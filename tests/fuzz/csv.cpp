// A spreadsheet from a stranger: it is read or refused with InputError, its rows are as long as its
// header, and what is read survives being written with quotes. A log of calls made of it likewise.

#include "busyhour/catalog/csv.h"

#include "busyhour/error.h"
#include "busyhour/plan/call_log.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t text_max = 65536;

std::optional<busyhour::CsvTable> read(std::string_view text) {
    try {
        return busyhour::parse_csv(text, "fuzz.csv");
    } catch (const busyhour::InputError&) {
        return std::nullopt;
    }
}

std::string quoted(const std::string& cell) {
    std::string text = "\"";
    for (const char letter : cell) text += letter == '"' ? "\"\"" : std::string(1, letter);
    return text + "\"";
}

std::string written(const busyhour::CsvTable& table) {
    std::string text;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        text += (i == 0 ? "" : ",") + quoted(table.columns[i]);
    }
    for (std::size_t i = 0; i < table.cells.size(); ++i) {
        text += (i % table.columns.size() == 0 ? "\n" : ",") + quoted(table.cells[i]);
    }
    return text;
}

void check(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > text_max) return 0;
    const std::string text(data, data + size);
    if (const auto table = read(text)) {
        check(table->cells.size() == table->rows() * table->columns.size());
        const auto again = read(written(*table));
        check(again && again->columns == table->columns && again->cells == table->cells);
    }
    try {
        const busyhour::CallLog log = busyhour::read_call_log(text, "fuzz.csv", 0);
        check(busyhour::summarise(log.records).days > 0);
    } catch (const busyhour::InputError&) {
        return 0;  // refused, as it may be; any other exception is a defect
    }
    return 0;
}
