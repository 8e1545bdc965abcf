#pragma once

#include "busyhour/catalog/emodel_values.h"
#include "busyhour/catalog/json.h"
#include "busyhour/cost/cost_model.h"
#include "busyhour/cost/yardstick.h"
#include "busyhour/model/codec.h"
#include "busyhour/model/flow.h"
#include "busyhour/model/header.h"
#include "busyhour/model/transport.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// One coefficient of a server model, and who says so.
struct CostRow {
    Driver driver{};
    Resource resource{};
    double cost_number = 0;    ///< of the resource, for one unit of the driver
    double wakeup_number = 0;  ///< CPU only: what waking up adds at idle
    std::string source;
    std::string note;
};

/// What a kind of server costs.
struct ServerModel {
    std::string name;
    std::string title;
    std::string source;
    std::string version;
    std::string status;  ///< "published" figures, or "measured" with our own programs
    std::string measured_on;
    std::string host;  ///< name of the host profile it was measured on; empty where it is not told
    std::string date;
    std::optional<Yardsticks> yardsticks;  ///< of a core of that host
    CostModel cost;
    std::vector<CostRow> rows;
    std::array<std::optional<double>, resource_count> limits;  ///< of one node
};

/// A machine that nodes run on.
struct HostModel {
    std::string name;
    std::string title;
    std::string source;
    std::string date;
    double core_speed_factor = 1;  ///< relative to the host that server models were measured on
    double band_low_factor = 1;    ///< a core is believed to be low to high times that fast
    double band_high_factor = 1;
    std::optional<Yardsticks> yardsticks;  ///< of one core
    double derating_fraction = 0;          ///< of each core that the host takes away, 0 to below 1
    std::optional<double> speed_spread_fraction;  ///< of the yardsticks: (most - least) / median
    std::optional<double> cores_number;           ///< of a machine that is bought whole
    std::optional<double> memory_bytes;
    std::optional<double> nic_bits_per_s;  ///< each direction
    std::optional<double> packets_per_s;   ///< in and out together
};

/// What a kind of node does: the elements of call flows that it plays.
struct RoleModel {
    std::string name;
    std::string title;
    std::string source;
    std::vector<std::string> plays;
};

/// What a TLS handshake with one kind of key moves, and what records add.
struct TlsProfile {
    std::string name;
    std::string title;
    std::string source;
    double certificate_bytes = 0;
    struct Handshake {
        std::string version;
        bool is_resumed = false;
        bool is_mutual = false;
        HandshakeOctets octets;
    };
    std::vector<Handshake> handshakes;
    std::map<std::string, double, std::less<>> record_bytes;  ///< by TLS version
};

/// How large SIP messages are.
struct MessageSize {
    double bytes = 0;
    bool has_sdp = false;
    std::string source;
};

struct MessageSizes {
    std::map<std::string, MessageSize, std::less<>> messages;
    std::map<std::string, double, std::less<>> sdp_extra_bytes;  ///< by media encryption
};

/// Where an entry came from, for reports.
struct CatalogOrigin {
    std::string
        changed_by;  ///< "" for the built-in entry, else the file or pointer that changed it
};

/// All that is known: built in, changed by the user's files and by the deployment.
struct Catalog {
    std::map<std::string, Codec, std::less<>> codecs;  ///< by lower-case name
    std::map<std::string, Header, std::less<>> headers;
    std::map<std::string, Flow, std::less<>> flows;
    std::map<std::string, ServerModel, std::less<>> servers;
    std::map<std::string, HostModel, std::less<>> hosts;
    std::map<std::string, RoleModel, std::less<>> roles;
    std::map<std::string, TlsProfile, std::less<>> tls;
    std::map<std::string, EmodelValues, std::less<>> emodel;
    MessageSizes messages;
    std::map<std::string, CatalogOrigin, std::less<>> origins;  ///< by "kind/name"
    std::map<std::string, Json, std::less<>> documents;         ///< by "kind/name", as read
};

/// A change to one entry of the catalogue, or a new entry.
struct ModelPatch {
    std::string kind;  ///< "codecs", "servers", ...
    std::string name;
    Json patch;             ///< RFC 7396
    std::string origin;     ///< file name, or pointer into the deployment; prefixes the errors
    bool replaces = false;  ///< the whole entry, if there is one: nothing of it is left
};

/// A host profile that stands for itself: a file that `host --profile` wrote.
struct HostProfile {
    std::string name;
    Json document;
    std::string file;  ///< that it came from
};

/// The text of a host profile, checked. Throws InputError with every fault of the text, each with
/// the file and its JSON Pointer or line and column.
HostProfile read_host_profile(std::string_view text, const std::string& file);

/// The built-in catalogue with the patches applied in order. Throws InputError, all faults at once.
Catalog load_catalog(const std::vector<ModelPatch>& patches = {});

/// The patches that a deployment's "models" object holds.
std::vector<ModelPatch> patches_of(const Json& models, const std::string& origin);

/// The kinds of entry: "codecs", "flows", "headers", ...
std::vector<std::string> catalog_kinds();

/// An entry by name, any case; throws InputError at `where` with the nearest name.
const Codec& codec_named(const Catalog& catalog, std::string_view name, const std::string& where);
const Header& header_named(const Catalog& catalog, std::string_view name, const std::string& where);
const Flow& flow_named(const Catalog& catalog, std::string_view name, const std::string& where);
const ServerModel& server_named(const Catalog& catalog, std::string_view name,
                                const std::string& where);
const HostModel& host_named(const Catalog& catalog, std::string_view name,
                            const std::string& where);
const TlsProfile& tls_named(const Catalog& catalog, std::string_view name,
                            const std::string& where);

/// What one handshake moves; zero where the profile does not say.
HandshakeOctets handshake_octets(const TlsProfile& profile, std::string_view version,
                                 bool is_resumed, bool is_mutual);

/// The SRTP header of a protection profile, by suite name; throws InputError at `where`.
const Header& srtp_suite_named(const Catalog& catalog, std::string_view suite,
                               const std::string& where);

/// The headers of those names, ordered as in a packet; throws InputError at where/INDEX.
HeaderStack stack_named(const Catalog& catalog, const std::vector<std::string>& names,
                        const std::string& where);

}  // namespace busyhour
