#include "engine/sip/location_shard.h"

#include <algorithm>

namespace busyhour::engine::sip {

void Location::Shard::read_texts(const Binding& row, Texts& texts) const noexcept {
    const std::size_t octets = std::min(row.text_octets(), texts.octets.size());
    pool.read(row.texts, std::span(texts.octets).first(octets));
    const std::string_view all(texts.octets.data(), octets);
    texts.uri = all.substr(0, row.uri_octets);
    texts.instance = all.substr(row.uri_octets, row.instance_octets);
    texts.path = all.substr(std::size_t{row.uri_octets} + row.instance_octets);
}

std::uint32_t Location::Shard::take_row() noexcept {
    if (free_row != none) {
        const std::uint32_t index = free_row;
        free_row = rows[index].next;
        ++rows_used;
        return index;
    }
    if (fresh_row > rows_max) return none;
    ++rows_used;
    return fresh_row++;
}

void Location::Shard::unlink_bucket(std::uint32_t index) noexcept {
    std::uint32_t* link = &bucket(rows[index].aor);
    while (*link != index) link = &rows[*link].next;
    *link = rows[index].next;
}

void Location::Shard::link_wheel(std::uint32_t index) noexcept {
    Binding& row = rows[index];
    std::uint32_t& head = second(row.expires);
    row.earlier = none;
    row.later = head;
    if (head != none) rows[head].earlier = index;
    head = index;
}

void Location::Shard::unlink_wheel(std::uint32_t index) noexcept {
    const Binding& row = rows[index];
    if (row.later != none) rows[row.later].earlier = row.earlier;
    if (row.earlier != none) {
        rows[row.earlier].later = row.later;
    } else {
        second(row.expires) = row.later;
    }
}

void Location::Shard::remove(std::uint32_t index) noexcept {
    unlink_bucket(index);
    unlink_wheel(index);
    pool.release(rows[index].texts);
    rows[index].next = free_row;
    free_row = index;
    --rows_used;
}

void Location::Shard::drop_expired(const Hash128& aor, Time now, std::size_t& dropped) noexcept {
    for (std::uint32_t index = bucket(aor); index != none;) {
        const std::uint32_t next = rows[index].next;
        if (rows[index].aor == aor && rows[index].expires <= now) {
            remove(index);
            ++dropped;
        }
        index = next;
    }
}

/// The binding that `contact` is about: by instance and reg-id (rfc5626 4.2), else by URI.
std::uint32_t Location::Shard::match(const Hash128& aor, const ContactUpdate& contact,
                                     std::uint64_t contact_hash) noexcept {
    const bool is_flow = !contact.instance.empty() && contact.reg_id != 0;
    for (std::uint32_t index = bucket(aor); index != none; index = rows[index].next) {
        const Binding& row = rows[index];
        if (row.aor != aor) continue;
        if (!is_flow && row.contact == contact_hash) return index;
        if (is_flow && row.reg_id != contact.reg_id) continue;
        read_texts(row, scratch);
        if (is_flow) {
            if (scratch.instance == contact.instance) return index;
            continue;
        }
        const auto one = parse_uri(scratch.uri);
        const auto other = parse_uri(contact.uri);
        if (one && other ? equal_uris(*one, *other) : scratch.uri == contact.uri) return index;
    }
    return none;
}

bool Location::Shard::store_texts(Binding& row, const ContactUpdate& contact, std::string_view path,
                                  std::uint64_t contact_hash) noexcept {
    const std::array texts{contact.uri, contact.instance, path};
    std::size_t octets = 0;
    for (const std::string_view text : texts) octets += text.size();
    if (octets > shard::text_octets_max) return false;
    const std::uint32_t handle = pool.store(texts);
    if (handle == ChunkPool::none) return false;
    pool.release(row.texts);
    row.texts = handle;
    row.contact = contact_hash;
    row.uri_octets = static_cast<std::uint16_t>(contact.uri.size());
    row.instance_octets = static_cast<std::uint16_t>(contact.instance.size());
    row.path_octets = static_cast<std::uint16_t>(path.size());
    return true;
}

void Location::Shard::set(std::uint32_t index, const BindingUpdate& update,
                          const ContactUpdate& contact, Time now) noexcept {
    Binding& row = rows[index];
    row.call_id = update.call_id;
    row.sequence = update.sequence;
    row.flow = update.flow;
    row.reg_id = contact.reg_id;
    row.q_thousandths = static_cast<std::uint16_t>(contact.q_thousandths);
    row.expires = now + std::chrono::seconds(contact.expires_s);
    link_wheel(index);
}

bool Location::Shard::add(const BindingUpdate& update, const ContactUpdate& contact,
                          std::uint64_t contact_hash, Time now) noexcept {
    const std::uint32_t index = take_row();
    if (index == none) return false;
    Binding& row = rows[index];
    row = Binding{};
    row.aor = update.aor;
    if (!store_texts(row, contact, update.path, contact_hash)) {
        row.next = free_row;
        free_row = index;
        --rows_used;
        return false;
    }
    // Behind those that are there, so that contacts keep the order in which they came.
    std::uint32_t* link = &bucket(update.aor);
    while (*link != none) link = &rows[*link].next;
    *link = index;
    set(index, update, contact, now);
    return true;
}

Location::Shard::Review Location::Shard::review(
    const BindingUpdate& update, const std::array<std::uint8_t, 16>& secret) noexcept {
    Review review;
    if (update.contacts.size() > contacts_max) review.result = BindingResult::too_many;
    for (std::uint32_t i = bucket(update.aor); i != none; i = rows[i].next) {
        const Binding& row = rows[i];
        if (row.aor != update.aor) continue;
        ++review.contacts;
        const bool is_later = row.call_id == update.call_id && row.sequence > update.sequence;
        if (update.removes_all && is_later) review.result = BindingResult::out_of_order;
    }
    for (std::size_t c = 0; c < std::min(update.contacts.size(), contacts_max); ++c) {
        const ContactUpdate& contact = update.contacts[c];
        review.hashes[c] = KeyedHash(secret).add(contact.uri).value();
        review.rows[c] = match(update.aor, contact, review.hashes[c]);
        if (review.rows[c] == none) {
            if (contact.expires_s != 0) ++review.added;
            continue;
        }
        const Binding& row = rows[review.rows[c]];
        if (row.call_id != update.call_id) continue;
        if (row.sequence > update.sequence) review.result = BindingResult::out_of_order;
        if (row.sequence == update.sequence) review.is_repeated = true;
    }
    return review;
}

bool Location::Shard::holds_texts(const Binding& row, const ContactUpdate& contact,
                                  std::string_view path, std::uint64_t contact_hash) noexcept {
    if (row.contact != contact_hash) return false;
    read_texts(row, scratch);
    return scratch.uri == contact.uri && scratch.instance == contact.instance &&
           scratch.path == path;
}

bool Location::Shard::has_room(const BindingUpdate& update, const Review& review) noexcept {
    if (review.added > rows_max - rows_used) return false;
    std::size_t chunks = 0;
    for (std::size_t c = 0; c < update.contacts.size(); ++c) {
        const ContactUpdate& contact = update.contacts[c];
        if (contact.expires_s == 0) continue;
        const std::uint32_t index = review.rows[c];
        const std::uint64_t contact_hash = review.hashes[c];
        if (index != none && holds_texts(rows[index], contact, update.path, contact_hash)) continue;
        const std::size_t octets =
            contact.uri.size() + contact.instance.size() + update.path.size();
        if (octets > shard::text_octets_max) return false;
        chunks += pool.chunks_for(octets);
    }
    return chunks <= pool.capacity() - pool.used();
}

std::uint32_t Location::Shard::remove_all(const Hash128& aor) noexcept {
    std::uint32_t removed = 0;
    for (std::uint32_t i = bucket(aor); i != none;) {
        const std::uint32_t next = rows[i].next;
        if (rows[i].aor == aor) {
            remove(i);
            ++removed;
        }
        i = next;
    }
    return removed;
}

bool Location::Shard::refresh(std::uint32_t index, const BindingUpdate& update,
                              const ContactUpdate& contact, std::uint64_t contact_hash,
                              Time now) noexcept {
    Binding& row = rows[index];
    const bool is_same = holds_texts(row, contact, update.path, contact_hash);
    if (!is_same && !store_texts(row, contact, update.path, contact_hash)) return false;
    unlink_wheel(index);
    set(index, update, contact, now);
    return true;
}

bool Location::Shard::apply(const BindingUpdate& update, std::size_t place, Review& review,
                            Time now, BindingOutcome& outcome) noexcept {
    const ContactUpdate& contact = update.contacts[place];
    // Earlier contacts of the same REGISTER may have made or removed the binding.
    const std::uint32_t index =
        place == 0 ? review.rows[place] : match(update.aor, contact, review.hashes[place]);
    if (contact.expires_s == 0) {
        if (index == none) return true;
        remove(index);
        ++outcome.removed;
        return true;
    }
    if (index == none) {
        if (!add(update, contact, review.hashes[place], now)) return false;
        ++outcome.added;
        return true;
    }
    if (!refresh(index, update, contact, review.hashes[place], now)) return false;
    ++outcome.refreshed;
    return true;
}

void Location::Shard::write(const Hash128& aor, Time now, Writer& contacts) noexcept {
    for (std::uint32_t index = bucket(aor); index != none; index = rows[index].next) {
        const Binding& row = rows[index];
        if (row.aor != aor) continue;
        read_texts(row, scratch);
        const auto remaining = std::chrono::ceil<std::chrono::seconds>(row.expires - now).count();
        contacts.text("Contact: <").text(scratch.uri).text(">;expires=");
        contacts.number(static_cast<std::uint64_t>(std::max<std::int64_t>(remaining, 0)));
        if (row.q_thousandths != 1000) {
            const std::uint32_t fraction = row.q_thousandths + 1000U;  // "1ddd": keeps the zeros
            std::array<char, 4> digits{};
            Writer writer(digits);
            writer.number(fraction);
            contacts.text(";q=0.").text(writer.written().substr(1));
        }
        if (!scratch.instance.empty()) contacts.text(";+sip.instance=").text(scratch.instance);
        if (row.reg_id != 0) contacts.text(";reg-id=").number(row.reg_id);
        contacts.text("\r\n");
    }
}

}  // namespace busyhour::engine::sip
