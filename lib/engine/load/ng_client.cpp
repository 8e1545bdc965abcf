#include "engine/load/ng_client.h"

#include "engine/load/octets.h"

#include <algorithm>

namespace busyhour::engine::load {

bool NgAnswer::is_ok() const noexcept {
    const std::optional<Bencode> result = value ? value->find("result") : std::nullopt;
    return result && (result->text() == "ok" || result->text() == "pong");
}

std::string_view NgAnswer::error() const noexcept {
    if (is_ok()) return {};
    if (!value) return "no answer";
    const std::optional<Bencode> reason = value->find("error-reason");
    return reason ? reason->text().value_or("no reason") : "no reason";
}

NgClient::NgClient(const NgOptions& options) : options_(options), slots_(options.open_max) {}

bool NgClient::send(std::uint32_t request, std::string_view dictionary, Time now, Outbox& out) {
    const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                   [](const Slot& candidate) { return !candidate.is_open; });
    if (slot == slots_.end()) return false;
    slot->is_open = true;
    slot->request = request;
    slot->transmissions = 0;
    slot->cookie = std::to_string(options_.cookies) + "_" + std::to_string(++serial_);
    slot->datagram = slot->cookie;
    slot->datagram += ' ';
    slot->datagram += dictionary;
    ++open_;
    ++counts_.requests;
    transmit(*slot, now, out);
    return true;
}

void NgClient::transmit(Slot& slot, Time now, Outbox& out) {
    out.add(options_.relay, as_octets(slot.datagram));
    slot.due = now + options_.first_wait * (1U << std::min(slot.transmissions, 10U));
    ++slot.transmissions;
}

void NgClient::close(Slot& slot) noexcept {
    slot.is_open = false;
    slot.due = never;
    --open_;
}

std::optional<NgAnswer> NgClient::receive(std::span<const std::uint8_t> datagram) {
    const std::string_view text = as_text(datagram);
    const std::size_t space = text.find(' ');
    const std::string_view cookie = text.substr(0, space);
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [cookie](const Slot& candidate) {
        return candidate.is_open && candidate.cookie == cookie;
    });
    const std::optional<Bencode> value =
        space == std::string_view::npos ? std::nullopt : parse_bencode(text.substr(space + 1));
    if (slot == slots_.end() || !value || value->kind() != BencodeKind::dictionary) {
        ++counts_.unexpected;
        return std::nullopt;
    }
    close(*slot);
    return NgAnswer{.request = slot->request, .value = value};
}

Time NgClient::next_timeout() const noexcept {
    Time next = never;
    for (const Slot& slot : slots_) next = std::min(next, slot.due);
    return next;
}

std::optional<NgAnswer> NgClient::timeout(Time now, Outbox& out) {
    for (Slot& slot : slots_) {
        if (slot.due > now) continue;
        if (slot.transmissions < options_.transmissions_max) {
            ++counts_.retransmissions;
            transmit(slot, now, out);
            continue;
        }
        ++counts_.timeouts;
        close(slot);
        return NgAnswer{.request = slot.request, .value = std::nullopt};
    }
    return std::nullopt;
}

}  // namespace busyhour::engine::load
