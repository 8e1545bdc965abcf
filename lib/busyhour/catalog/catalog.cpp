#include "busyhour/catalog/catalog.h"

#include "busyhour/catalog/embedded.h"
#include "busyhour/catalog/entries.h"
#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/json_reading.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/catalog/schema.h"
#include "busyhour/error.h"

#include <algorithm>

namespace busyhour {
namespace {

struct Kind {
    std::string_view folder;
    std::string_view schema;
    void (*add)(Catalog& catalog, const std::string& name, const Json& document);
};

// Messages stand before flows, which take their sizes from them; codecs before what names them.
constexpr std::array<Kind, 9> kinds{{
    {"messages", "messages",
     [](Catalog& catalog, const std::string& /*name*/, const Json& document) {
         catalog.messages = message_sizes_from(document);
     }},
    {"codecs", "codecs",
     [](Catalog& catalog, const std::string& name, const Json& document) {
         catalog.codecs[name] = codec_from(document);
     }},
    {"emodel", "emodel",
     [](Catalog& catalog, const std::string& name, const Json& document) {
         EmodelValues values = emodel_from(document);
         values.codec = codec_named(catalog, values.codec, "/codec").name;
         values.key = name;
         catalog.emodel[name] = std::move(values);
     }},
    {"headers", "headers",
     [](Catalog& catalog, const std::string& name, const Json& document) {
         catalog.headers[name] = header_from(document);
     }},
    {"flows", "flows",
     [](Catalog& catalog, const std::string& name, const Json& document) {
         catalog.flows[name] = flow_from(document, catalog.messages);
     }},
    {"servers", "server",
     [](Catalog& catalog, const std::string& name, const Json& document) {
         catalog.servers[name] = server_from(document);
     }},
    {"hosts", "host",
     [](Catalog& catalog, const std::string& name, const Json& document) {
         catalog.hosts[name] = host_from(document);
     }},
    {"roles", "roles",
     [](Catalog& catalog, const std::string& name, const Json& document) {
         catalog.roles[name] = role_from(document);
     }},
    {"tls", "tls",
     [](Catalog& catalog, const std::string& name, const Json& document) {
         catalog.tls[name] = tls_from(document);
     }},
}};

struct Draft {
    Json document;
    std::string changed_by;
};
using Drafts = std::map<std::string, Draft, std::less<>>;  // by "kind/name"

Drafts built_in() {
    Drafts drafts;
    for (const EmbeddedFile& file : embedded_models()) {
        const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()),
                                    file.bytes.size());
        const std::string name(file.name.substr(0, file.name.rfind('.')));
        drafts[to_lower(name)] = {parse_json(text, std::string(file.name)), {}};
    }
    return drafts;
}

void apply(const ModelPatch& patch, Drafts& drafts, std::vector<Problem>& problems) {
    const std::vector<std::string> known = catalog_kinds();
    if (std::find(known.begin(), known.end(), patch.kind) == known.end()) {
        problems.push_back({patch.origin, "no kind of model is called \"" + patch.kind + "\"",
                            suggestion(patch.kind, known)});
        return;
    }
    const auto [entry, is_new] = drafts.try_emplace(patch.kind + "/" + to_lower(patch.name));
    Draft& draft = entry->second;
    draft.document =
        patch.replaces ? patch.patch : merge_patch(std::move(draft.document), patch.patch);
    draft.changed_by = patch.origin;
    if (is_new && draft.document.object() != nullptr && draft.document.find("name") == nullptr) {
        put(std::get<Json::Object>(draft.document.value), "name", Json{patch.name});
    }
}

void add_entries(const Kind& kind, const Drafts& drafts, Catalog& catalog,
                 std::vector<Problem>& problems) {
    const std::string prefix = std::string(kind.folder) + "/";
    for (const auto& [key, draft] : drafts) {
        if (!key.starts_with(prefix)) continue;
        const std::string where = draft.changed_by.empty() ? key : draft.changed_by;
        Reading reading = read_by_schema(draft.document, kind.schema, where);
        problems.insert(problems.end(), reading.problems.begin(), reading.problems.end());
        if (!reading.problems.empty()) continue;
        try {
            kind.add(catalog, key.substr(prefix.size()), reading.value);
        } catch (const InputError& error) {
            for (const Problem& problem : error.problems()) {
                problems.push_back({where + problem.where, problem.what, problem.remedy});
            }
        }
        catalog.origins[key] = {draft.changed_by};
        catalog.documents[key] = draft.document;
    }
}

template <typename Entry>
const Entry& named(const std::map<std::string, Entry, std::less<>>& entries, std::string_view name,
                   const std::string& where, std::string_view kind) {
    const auto found = entries.find(to_lower(name));
    if (found != entries.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& entry : entries) known.push_back(entry.second.name);
    throw InputError(where, "unknown " + std::string(kind) + " \"" + std::string(name) + "\"",
                     suggestion(name, known));
}

}  // namespace

std::vector<std::string> catalog_kinds() {
    std::vector<std::string> names;
    for (const Kind& kind : kinds) names.emplace_back(kind.folder);
    return names;
}

Catalog load_catalog(const std::vector<ModelPatch>& patches) {
    std::vector<Problem> problems;
    Drafts drafts = built_in();
    for (const ModelPatch& patch : patches) apply(patch, drafts, problems);
    Catalog catalog;
    for (const Kind& kind : kinds) add_entries(kind, drafts, catalog, problems);
    if (!problems.empty()) throw InputError(problems);
    return catalog;
}

HostProfile read_host_profile(std::string_view text, const std::string& file) {
    const JsonReading parsed = read_json(text, file);
    const Reading reading = read_by_schema(parsed.value, "host");
    std::vector<Problem> problems = parsed.problems;
    problems.insert(problems.end(), reading.problems.begin(), reading.problems.end());
    for (Problem& problem : problems) {
        if (problem.where.starts_with(file)) continue;  // it has its line and column
        problem.where = problem.where.empty() ? file : file + ": " + problem.where;
    }
    if (!problems.empty()) throw InputError(problems);
    return {text_at(reading.value, "name"), parsed.value, file};
}

std::vector<ModelPatch> patches_of(const Json& models, const std::string& origin) {
    std::vector<ModelPatch> patches;
    if (models.object() == nullptr) return patches;
    for (const JsonMember& kind : models.members()) {
        if (kind.value.object() == nullptr) continue;
        for (const JsonMember& entry : kind.value.members()) {
            patches.push_back({kind.key, entry.key, entry.value,
                               pointer_to(pointer_to(origin, kind.key), entry.key)});
        }
    }
    return patches;
}

const Codec& codec_named(const Catalog& catalog, std::string_view name, const std::string& where) {
    return named(catalog.codecs, name, where, "codec");
}

const Header& header_named(const Catalog& catalog, std::string_view name,
                           const std::string& where) {
    return named(catalog.headers, name, where, "layer");
}

const Flow& flow_named(const Catalog& catalog, std::string_view name, const std::string& where) {
    return named(catalog.flows, name, where, "flow");
}

const ServerModel& server_named(const Catalog& catalog, std::string_view name,
                                const std::string& where) {
    return named(catalog.servers, name, where, "server");
}

const HostModel& host_named(const Catalog& catalog, std::string_view name,
                            const std::string& where) {
    return named(catalog.hosts, name, where, "host");
}

const TlsProfile& tls_named(const Catalog& catalog, std::string_view name,
                            const std::string& where) {
    return named(catalog.tls, name, where, "TLS key");
}

HandshakeOctets handshake_octets(const TlsProfile& profile, std::string_view version,
                                 bool is_resumed, bool is_mutual) {
    for (const TlsProfile::Handshake& handshake : profile.handshakes) {
        const bool is_wanted = handshake.version == version && handshake.is_resumed == is_resumed &&
                               handshake.is_mutual == is_mutual;
        if (is_wanted) return handshake.octets;
    }
    return {};
}

const Header& srtp_suite_named(const Catalog& catalog, std::string_view suite,
                               const std::string& where) {
    std::vector<std::string> known;
    for (const auto& entry : catalog.headers) {
        if (entry.second.suite.empty()) continue;
        if (to_lower(entry.second.suite) == to_lower(suite)) return entry.second;
        known.push_back(entry.second.suite);
    }
    throw InputError(where, "unknown SRTP suite \"" + std::string(suite) + "\"",
                     suggestion(suite, known));
}

HeaderStack stack_named(const Catalog& catalog, const std::vector<std::string>& names,
                        const std::string& where) {
    std::vector<Header> headers;
    std::vector<Problem> problems;
    for (std::size_t i = 0; i < names.size(); ++i) {
        try {
            headers.push_back(header_named(catalog, names[i], pointer_to(where, i)));
        } catch (const InputError& error) {
            problems.push_back(error.problems().front());
        }
    }
    if (!problems.empty()) throw InputError(problems);
    try {
        return stack_headers(std::move(headers));
    } catch (const InputError& error) {
        for (const Problem& problem : error.problems()) {
            problems.push_back({where, problem.what, problem.remedy});
        }
        throw InputError(problems);
    }
}

}  // namespace busyhour
