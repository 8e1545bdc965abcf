#include "engine/sip/registrar.h"

#include "engine/sip/host_address.h"

#include <algorithm>

namespace busyhour::engine::sip {

namespace {

constexpr std::size_t path_octets_max = 2048;

std::optional<std::uint32_t> parse_seconds(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = std::min<std::uint64_t>(value * 10 + static_cast<unsigned>(c - '0'), 0xffffffffU);
    }
    return static_cast<std::uint32_t>(value);
}

/// "0.5" -> 500; nothing for what is no qvalue (rfc3261 25.1).
std::optional<std::uint32_t> parse_q_thousandths(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    std::uint32_t value = text[0] == '1' ? 1000 : 0;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    std::uint32_t place = 100;
    for (std::size_t i = 2; i < text.size(); ++i, place /= 10) {
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
        value += static_cast<std::uint32_t>(text[i] - '0') * place;
    }
    if (value > 1000) return std::nullopt;
    return value;
}

/// The option tags of Require that a registrar does not know, as an Unsupported line.
bool write_unsupported(Writer& writer, const Message& request) noexcept {
    bool is_any = false;
    for (const HeaderField& field : request.fields()) {
        if (field.field != Field::require) continue;
        std::string_view rest = field.value;
        while (const auto tag = next_value(rest)) {
            const bool is_known =
                equal_without_case(*tag, "path") || equal_without_case(*tag, "outbound");
            if (is_known) continue;
            writer.text(is_any ? ", " : "Unsupported: ").text(*tag);
            is_any = true;
        }
    }
    if (is_any) writer.text("\r\n");
    return is_any;
}

}  // namespace

Registrar::Registrar(const ServerOptions& options, Location& location, Authenticator& authenticator,
                     Responder& responder)
    : options_(options),
      location_(location),
      authenticator_(authenticator),
      responder_(responder),
      fields_(16384),
      path_(path_octets_max) {}

bool Registrar::serves(std::string_view host) const noexcept {
    if (options_.domains.empty()) return true;
    for (const std::string& domain : options_.domains) {
        if (equal_without_case(domain, host)) return true;
    }
    return std::any_of(
        options_.listeners.begin(), options_.listeners.end(),
        [&](const ServerListener& listener) { return equal_without_case(listener.host, host); });
}

std::optional<Hash128> Registrar::key(const Uri& uri) const noexcept {
    if (options_.domains.empty()) return location_.key(uri.user, {});
    for (const std::string& domain : options_.domains) {
        if (equal_without_case(domain, uri.host)) return location_.key(uri.user, domain);
    }
    // An address of the server itself stands for its first domain.
    if (serves(uri.host)) return location_.key(uri.user, options_.domains.front());
    return std::nullopt;
}

bool Registrar::is_authentic(const Arrival& arrival) noexcept {
    if (options_.register_authentication == Authentication::none) return true;
    const auto verdict = authenticator_.check(arrival.message, Field::authorization,
                                              arrival.message.to.uri, arrival.now);
    if (verdict == Authenticator::Verdict::accepted) return true;
    if (verdict == Authenticator::Verdict::forbidden) {
        responder_.answer(arrival, 403);
        return false;
    }
    Writer writer(fields_);
    authenticator_.write_challenge(writer, "WWW-Authenticate",
                                   verdict == Authenticator::Verdict::stale, arrival.now);
    responder_.answer(arrival, 401, writer.written());
    return false;
}

void Registrar::read_contact(std::string_view value, std::optional<std::uint32_t> expires_s,
                             Contacts& contacts) const noexcept {
    const auto contact = parse_name_address(value);
    if (!contact || contacts.number == contacts_max) {
        contacts.status_code = contact ? 403 : 400;
        return;
    }
    ContactUpdate& update = contacts.updates[contacts.number++];
    update = {};
    update.uri = contact->uri;
    const auto default_s = static_cast<std::uint32_t>(options_.expires_default.count());
    update.expires_s = expires_s.value_or(default_s);
    if (const auto own = parameter(contact->parameters, "expires")) {
        update.expires_s = parse_seconds(*own).value_or(default_s);  // rfc3261 10.2.1.1
    }
    const auto min_s = static_cast<std::uint32_t>(options_.expires_min.count());
    if (update.expires_s != 0 && update.expires_s < min_s) contacts.status_code = 423;
    update.expires_s =
        std::min(update.expires_s, static_cast<std::uint32_t>(options_.expires_max.count()));
    if (const auto q = parameter(contact->parameters, "q")) {
        const auto thousandths = parse_q_thousandths(*q);
        if (!thousandths) contacts.status_code = 400;
        update.q_thousandths = thousandths.value_or(1000);
    }
    if (contact->parameters.find("nstance") == std::string_view::npos &&
        contact->parameters.find("NSTANCE") == std::string_view::npos) {
        return;
    }
    update.instance = parameter(contact->parameters, "+sip.instance").value_or("");
    if (const auto reg_id = parameter(contact->parameters, "reg-id")) {
        update.reg_id = parse_seconds(*reg_id).value_or(0);
    }
}

void Registrar::read_contacts(const Message& request, Contacts& contacts) const noexcept {
    std::optional<std::uint32_t> expires_s;
    if (const auto expires = request.first(Field::expires)) expires_s = parse_seconds(*expires);
    for (const HeaderField& field : request.fields()) {
        if (field.field != Field::contact) continue;
        if (field.value == "*") {
            // The only Contact, and with Expires: 0 (rfc3261 10.3 step 6).
            if (contacts.number != 0 || contacts.is_wildcard || expires_s != 0U) {
                contacts.status_code = 400;
                return;
            }
            contacts.is_wildcard = true;
            continue;
        }
        if (contacts.is_wildcard) contacts.status_code = 400;
        std::string_view rest = field.value;
        while (contacts.status_code == 200) {
            const auto value = next_value(rest);
            if (!value) break;
            read_contact(*value, expires_s, contacts);
        }
        if (contacts.status_code != 200) return;
    }
}

void Registrar::apply(const Arrival& arrival, const Hash128& aor,
                      const Contacts& contacts) noexcept {
    const Message& request = arrival.message;
    Writer path_writer(path_);
    if (request.has(Field::path)) {
        for (const HeaderField& field : request.fields()) {
            if (field.field != Field::path) continue;
            path_writer.text(path_writer.size() == 0 ? "" : ", ").text(field.value);
        }
    }
    Writer fields(fields_);
    const BindingUpdate update{
        .aor = aor,
        .call_id = responder_.hash().add(request.call_id).value(),
        .sequence = request.cseq.number,
        .flow = arrival.from,
        .path = path_writer.written(),
        .contacts = std::span(contacts.updates).first(contacts.number),
        .removes_all = contacts.is_wildcard,
    };
    const BindingOutcome outcome = location_.update(update, arrival.now, fields);
    Statistics& statistics = responder_.statistics();
    statistics.count(Counter::registrations_added, outcome.added);
    statistics.count(Counter::registrations_refreshed, outcome.refreshed);
    statistics.count(Counter::registrations_removed, outcome.removed);
    switch (outcome.result) {
        case BindingResult::done:
            break;
        case BindingResult::out_of_order:
            statistics.count(Counter::registrations_out_of_order);
            return responder_.answer(arrival, 500);
        case BindingResult::too_many:
            return responder_.answer(arrival, 403);
        case BindingResult::full: {
            statistics.count(Counter::refused_full);
            Writer retry(fields_);
            retry.text("Retry-After: ");
            retry.number(static_cast<std::uint64_t>(options_.overload.retry_after.count()));
            return responder_.answer(arrival, 503, retry.text("\r\n").written());
        }
    }
    if (path_writer.size() != 0) fields.field("Path", path_writer.written());
    const bool has_flow = std::any_of(update.contacts.begin(), update.contacts.end(),
                                      [](const ContactUpdate& c) { return c.reg_id != 0; });
    if (has_flow) fields.text("Require: outbound\r\n");
    responder_.answer(arrival, fields.is_full() ? 500 : 200,
                      fields.is_full() ? std::string_view() : fields.written());
}

void Registrar::receive(const Arrival& arrival) noexcept {
    const Message& request = arrival.message;
    Writer unsupported(fields_);
    if (request.has(Field::require) && write_unsupported(unsupported, request)) {
        return responder_.answer(arrival, 420, unsupported.written());
    }
    if (!is_authentic(arrival)) return;
    const auto to = parse_uri(request.to.uri);
    if (!to) return responder_.answer(arrival, 404);
    const auto aor = key(*to);
    if (!aor || to->user.empty()) return responder_.answer(arrival, 404);
    Contacts& contacts = contacts_;
    contacts.number = 0;
    contacts.is_wildcard = false;
    contacts.status_code = 200;
    if (request.has(Field::contact)) read_contacts(request, contacts);
    if (contacts.status_code == 423) {
        Writer fields(fields_);
        fields.text("Min-Expires: ");
        fields.number(static_cast<std::uint64_t>(options_.expires_min.count())).text("\r\n");
        return responder_.answer(arrival, 423, fields.written());
    }
    if (contacts.status_code != 200) return responder_.answer(arrival, contacts.status_code);
    apply(arrival, *aor, contacts);
}

}  // namespace busyhour::engine::sip
