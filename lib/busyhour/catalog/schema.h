#pragma once

#include "busyhour/catalog/json.h"
#include "busyhour/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// A value that was chosen because the user gave none, and who says that it is a fair choice.
struct Assumption {
    std::string path;    ///< JSON Pointer into the user's document
    Json value;          ///< in the unit that the path names
    std::string origin;  ///< "default", or what else put it there
    std::string source;  ///< a tag of docs/references.md
};

/// A number that the user knows only as a range, in base units.
struct NumberRange {
    std::string path;  ///< JSON Pointer into the user's document, the last name in base units
    double low_number = 0;
    double likely_number = 0;
    double high_number = 0;
};

/// What became of a document: complete, in base units, and what had to be assumed.
struct Reading {
    Json value;
    std::vector<Assumption> assumptions;
    std::vector<NumberRange> ranges;  ///< the value itself holds the likely number
    std::vector<Problem> problems;
};

/// The document checked against one of our schemas, its units converted and its defaults filled in.
///
/// A schema is the JSON Schema of lib/busyhour/catalog/schemas with three more words: "x-source"
/// says who stands behind a default; "x-optional" keeps an absent object absent; "x-file" is text
/// that a command line takes from a file. A number whose name ends in a unit may be written in any
/// unit of that family. `pointer` is put before each path.
Reading read_by_schema(const Json& document, std::string_view schema_name,
                       const std::string& pointer = {});

/// The schema of that name as JSON Schema 2020-12 for other tools: each unit's ending spelled out.
/// Throws InputError for an unknown name.
Json published_schema(std::string_view schema_name);

/// One key of a schema, for documentation.
struct SchemaRow {
    std::string path;   ///< "populations[].calls.holding_time_s"
    std::string type;   ///< type, words allowed, range
    std::string value;  ///< default; "required" where there is none
    std::string meaning;
    std::string source;    ///< who stands behind the default
    bool is_file = false;  ///< the text of a file, whose name a command line takes: "x-file"
};

/// The keys of a schema in their order. Throws InputError for an unknown name.
std::vector<SchemaRow> schema_rows(std::string_view schema_name);

/// The names `published_schema` knows.
std::vector<std::string> schema_names();

}  // namespace busyhour
