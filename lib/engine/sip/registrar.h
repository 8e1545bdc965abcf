#pragma once

#include "engine/sip/authenticator.h"
#include "engine/sip/location.h"
#include "engine/sip/responder.h"
#include "engine/sip/server_options.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace busyhour::engine::sip {

/// Answers REGISTER. Source: rfc3261 10.3, rfc3327, rfc5626 6.
class Registrar {
public:
    Registrar(const ServerOptions& options, Location& location, Authenticator& authenticator,
              Responder& responder);

    void receive(const Arrival& arrival) noexcept;

    /// The key of the user `uri` names here; nothing where its domain is not served.
    [[nodiscard]] std::optional<Hash128> key(const Uri& uri) const noexcept;
    [[nodiscard]] bool serves(std::string_view host) const noexcept;

private:
    static constexpr std::size_t contacts_max = 32;
    struct Contacts {
        std::array<ContactUpdate, contacts_max> updates;
        std::size_t number = 0;
        bool is_wildcard = false;
        int status_code = 200;  ///< else what is wrong
    };

    [[nodiscard]] bool is_authentic(const Arrival& arrival) noexcept;
    void read_contacts(const Message& request, Contacts& contacts) const noexcept;
    void read_contact(std::string_view value, std::optional<std::uint32_t> expires_s,
                      Contacts& contacts) const noexcept;
    void apply(const Arrival& arrival, const Hash128& aor, const Contacts& contacts) noexcept;

    const ServerOptions& options_;
    Location& location_;
    Authenticator& authenticator_;
    Responder& responder_;
    std::vector<char> fields_;  ///< header fields of a response while it is made
    std::vector<char> path_;
    Contacts contacts_;  ///< kept, since clearing it for each request takes time
};

}  // namespace busyhour::engine::sip
