#include "busyhour/catalog/entries.h"

#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"

#include <algorithm>

namespace busyhour {
namespace {

constexpr std::array<std::pair<std::string_view, Position>, 11> positions{{
    {"wire", Position::wire},
    {"link", Position::link},
    {"tag", Position::tag},
    {"label", Position::label},
    {"tunnel", Position::tunnel},
    {"network", Position::network},
    {"ip_security", Position::ip_security},
    {"transport", Position::transport},
    {"relay", Position::relay},
    {"media_security", Position::media_security},
    {"session", Position::session},
}};

Position position_named(std::string_view name) {
    for (const auto& [word, position] : positions) {
        if (word == name) return position;
    }
    return Position::network;  // the schema allows no other word
}

Packing packing_from(const Json& document) {
    return {.aligns_each_frame = text_at(document, "align") == "frame",
            .payload_header_bits = number_at(document, "payload_header_bits"),
            .frame_header_bits = number_at(document, "frame_header_bits")};
}

template <typename Entry>
Entry titled(const Json& document) {
    Entry entry;
    entry.name = text_at(document, "name");
    entry.title = text_at(document, "title");
    entry.source = text_at(document, "source");
    return entry;
}

void read_cost_rows(const Json& document, ServerModel& server) {
    for (const Json& row : items_at(document, "cost")) {
        const CostRow entry{.driver = *driver_named(text_at(row, "driver")),
                            .resource = *resource_named(text_at(row, "resource")),
                            .cost_number = number_at(row, "cost"),
                            .wakeup_number = number_at(row, "wakeup"),
                            .source = text_at(row, "source"),
                            .note = text_at(row, "note")};
        server.cost.cost.at(index_of(entry.resource))[entry.driver] += entry.cost_number;
        if (entry.resource == Resource::cpu_cores) {
            server.cost.wakeup_cpu_cores[entry.driver] += entry.wakeup_number;
        }
        server.rows.push_back(entry);
    }
}

std::optional<Yardsticks> yardsticks_from(const Json& document) {
    const Json* speeds = document.find("yardsticks");
    if (speeds == nullptr || speeds->object() == nullptr) return std::nullopt;
    Yardsticks yardsticks;
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        yardsticks.speeds_per_s.at(i) = number_at(*speeds, yardstick_labels().at(i).name);
    }
    return yardsticks;
}

Resource resource_at(const std::string& name, const std::string& key) {
    const std::optional<Resource> resource = resource_named(name);
    if (resource) return *resource;
    std::vector<std::string> known;
    for (const ResourceLabel& label : resource_labels()) known.emplace_back(label.name);
    throw InputError("/" + key + "/" + name, "unknown resource", suggestion(name, known));
}

}  // namespace

Codec codec_from(const Json& document) {
    auto codec = titled<Codec>(document);
    if (const auto type = number_if(document, "static_payload_type")) {
        codec.static_payload_type = static_cast<int>(*type);
    }
    codec.rtp_clock_hz = static_cast<int>(number_at(document, "rtp_clock_hz"));
    codec.ptime_default_s = number_at(document, "ptime_default_s");
    codec.ptime_max_s = number_at(document, "ptime_max_s");
    for (const Json& ptime : items_at(document, "ptimes_s")) {
        codec.ptimes_s.push_back(ptime.number_or_zero());
    }
    codec.packing = packing_from(child_at(document, "packing"));
    if (const Json* packing = document.find("octet_aligned_packing")) {
        codec.octet_aligned_packing = packing_from(*packing);
    }
    const double frame_s = number_if(document, "frame_s").value_or(0.001);
    for (const Json& rate : items_at(document, "bit_rates")) {
        codec.rates.push_back({.bit_rate_bits_per_s = number_at(rate, "bit_rate_bits_per_s"),
                               .frame_bits = number_at(rate, "frame_bits"),
                               .frame_s = number_if(rate, "frame_s").value_or(frame_s),
                               .label = text_at(rate, "label")});
    }
    codec.bit_rate_default_bits_per_s = number_at(document, "bit_rate_default_bits_per_s");
    if (const Json* range = document.find("bit_rate_range")) {
        codec.bit_rate_low_bits_per_s = number_at(*range, "low_bits_per_s");
        codec.bit_rate_high_bits_per_s = number_at(*range, "high_bits_per_s");
    }
    codec.look_ahead_s = number_if(document, "look_ahead_s");
    return codec;
}

EmodelValues emodel_from(const Json& document) {
    auto values = titled<EmodelValues>(document);
    values.codec = text_at(document, "codec");
    values.bit_rate_bits_per_s = number_if(document, "bit_rate_bits_per_s");
    values.is_concealed = text_at(document, "concealment") == "codec";
    values.is_fullband = text_at(document, "scale") == "fullband";
    values.equipment_impairment_factor = number_at(document, "equipment_impairment");
    values.loss_robustness_factor = number_if(document, "loss_robustness");
    values.condition = text_at(document, "condition");
    return values;
}

Header header_from(const Json& document) {
    auto header = titled<Header>(document);
    header.position = position_named(text_at(document, "position"));
    header.header_bytes = number_at(document, "header_bytes");
    header.trailer_bytes = number_at(document, "trailer_bytes");
    header.rtcp_trailer_bytes = number_at(document, "rtcp_trailer_bytes");
    header.pad_block_bytes = number_at(document, "pad_block_bytes");
    header.pad_trailer_bytes = number_at(document, "pad_trailer_bytes");
    header.minimum_payload_bytes = number_at(document, "minimum_payload_bytes");
    header.has_outer_ip = truth_at(document, "outer_ip");
    header.suite = text_at(document, "suite");
    return header;
}

MessageSizes message_sizes_from(const Json& document) {
    MessageSizes sizes;
    for (const JsonMember& member : members_at(document, "messages")) {
        sizes.messages[member.key] = {.bytes = number_at(member.value, "bytes"),
                                      .has_sdp = truth_at(member.value, "sdp"),
                                      .source = text_at(member.value, "source")};
    }
    for (const JsonMember& member : members_at(document, "sdp_extra_bytes")) {
        sizes.sdp_extra_bytes[member.key] = member.value.number_or_zero();
    }
    return sizes;
}

Flow flow_from(const Json& document, const MessageSizes& sizes) {
    auto flow = titled<Flow>(document);
    flow.protocol = text_at(document, "protocol");
    flow.elements = texts_at(document, "elements");
    std::vector<Problem> problems;
    const Json::Array& messages = items_at(document, "messages");
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const Json& row = messages[i];
        const std::string path = "/messages/" + std::to_string(i);
        FlowMessage message{.from = text_at(row, "from"),
                            .to = text_at(row, "to"),
                            .message = text_at(row, "message"),
                            .transaction = text_at(row, "transaction")};
        for (const std::string& element : {message.from, message.to}) {
            if (std::find(flow.elements.begin(), flow.elements.end(), element) ==
                flow.elements.end()) {
                problems.push_back({path, "\"" + element + "\" is no element of the flow",
                                    suggestion(element, flow.elements)});
            }
        }
        if (const auto bytes = number_if(row, "bytes")) {
            message.size_bytes = *bytes;
        } else if (const auto size = sizes.messages.find(text_at(row, "size"));
                   size != sizes.messages.end()) {
            message.size_bytes = size->second.bytes;
            message.has_sdp = size->second.has_sdp;
        } else {
            problems.push_back({path + "/size", "no message size \"" + text_at(row, "size") + "\"",
                                "name one of messages/sip, or give \"bytes\""});
        }
        flow.messages.push_back(std::move(message));
    }
    if (!problems.empty()) throw InputError(problems);
    return flow;
}

ServerModel server_from(const Json& document) {
    auto server = titled<ServerModel>(document);
    server.version = text_at(document, "version");
    server.status = text_at(document, "status");
    server.measured_on = text_at(document, "measured_on");
    server.host = text_at(document, "host");
    server.yardsticks = yardsticks_from(document);
    server.date = text_at(document, "date");
    const Json& band = child_at(document, "band");
    server.cost.band_low_factor = number_if(band, "low_factor").value_or(1);
    server.cost.band_high_factor = number_if(band, "high_factor").value_or(1);
    for (const JsonMember& idle : members_at(document, "idle")) {
        server.cost.idle.at(index_of(resource_at(idle.key, "idle"))) = idle.value.number_or_zero();
    }
    for (const JsonMember& limit : members_at(document, "limits")) {
        server.limits.at(index_of(resource_at(limit.key, "limits"))) = limit.value.number_or_zero();
    }
    read_cost_rows(document, server);
    return server;
}

HostModel host_from(const Json& document) {
    auto host = titled<HostModel>(document);
    host.date = text_at(document, "date");
    host.core_speed_factor = number_at(document, "core_speed_factor");
    const Json& band = child_at(document, "band");
    host.band_low_factor = number_if(band, "low_factor").value_or(1);
    host.band_high_factor = number_if(band, "high_factor").value_or(1);
    host.yardsticks = yardsticks_from(document);
    host.derating_fraction = number_at(document, "derating_fraction");
    host.speed_spread_fraction = number_if(document, "speed_spread_fraction");
    host.cores_number = number_if(document, "cores");
    host.memory_bytes = number_if(document, "memory_bytes");
    host.nic_bits_per_s = number_if(document, "nic_rate_bits_per_s");
    host.packets_per_s = number_if(document, "packets_per_s_max");
    return host;
}

RoleModel role_from(const Json& document) {
    auto role = titled<RoleModel>(document);
    role.plays = texts_at(document, "plays");
    return role;
}

TlsProfile tls_from(const Json& document) {
    auto profile = titled<TlsProfile>(document);
    profile.certificate_bytes = number_at(document, "certificate_bytes");
    for (const Json& row : items_at(document, "handshakes")) {
        profile.handshakes.push_back(
            {.version = text_at(row, "version"),
             .is_resumed = truth_at(row, "resumed"),
             .is_mutual = truth_at(row, "mutual"),
             .octets = {number_at(row, "client_bytes"), number_at(row, "server_bytes"),
                        number_at(row, "client_segments"), number_at(row, "server_segments")}});
    }
    for (const JsonMember& member : members_at(document, "record_overhead_bytes")) {
        profile.record_bytes[member.key] = member.value.number_or_zero();
    }
    return profile;
}

}  // namespace busyhour
