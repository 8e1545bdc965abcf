#pragma once

#include "engine/sip/message.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace busyhour::engine::load {

/// What one session of a flow does.
struct Flow {
    std::string_view name;
    std::string_view catalog_name;  ///< the flow of models/flows whose messages these are
    std::string_view title;
    sip::Method method = sip::Method::register_;  ///< of its first request
    int expected_status_code = 200;               ///< the final response that is a success
    bool answers_challenges = false;
    bool reuses_nonce = false;
    bool registers_first = false;  ///< all users are registered before it begins
    bool has_callee = false;       ///< a second user of the generator answers
    bool cancels = false;
    bool retries = false;          ///< until it succeeds, backing off
    bool clears_bindings = false;  ///< REGISTER with "Contact: *" (rfc3261 10.2.2)
};

constexpr std::array flows{
    Flow{.name = "register", .catalog_name = "register", .title = "each a user's registration"},
    Flow{.name = "register-digest",
         .catalog_name = "register-digest",
         .title = "challenged and sent again with credentials",
         .answers_challenges = true},
    Flow{.name = "register-digest-reused-nonce",
         .catalog_name = "register-digest-reused-nonce",
         .title = "with credentials for the nonce of the registration before",
         .answers_challenges = true,
         .reuses_nonce = true,
         .registers_first = true},
    Flow{.name = "refresh",
         .catalog_name = "register",
         .title = "of registrations made before the measurement",
         .registers_first = true},
    Flow{.name = "storm",
         .catalog_name = "register",
         .title = "all users register within --window-s and try until they succeed",
         .answers_challenges = true,
         .retries = true},
    Flow{.name = "churn",
         .catalog_name = "register",
         .title = "each registration over a new TCP or TLS connection"},
    Flow{.name = "options",
         .catalog_name = "options",
         .title = "to the server itself",
         .method = sip::Method::options},
    Flow{.name = "message",
         .catalog_name = "message",
         .title = "from one user to another",
         .method = sip::Method::message,
         .registers_first = true,
         .has_callee = true},
    Flow{.name = "call",
         .catalog_name = "call",
         .title = "from one user to another, answered, ended by the caller",
         .method = sip::Method::invite,
         .registers_first = true,
         .has_callee = true},
    Flow{.name = "call-digest",
         .catalog_name = "call-digest",
         .title = "a call whose INVITE is challenged",
         .method = sip::Method::invite,
         .answers_challenges = true,
         .registers_first = true,
         .has_callee = true},
    Flow{.name = "call-busy",
         .catalog_name = "call-busy",
         .title = "a call to a user who is busy",
         .method = sip::Method::invite,
         .expected_status_code = 486,
         .registers_first = true,
         .has_callee = true},
    Flow{.name = "call-cancel",
         .catalog_name = "call-cancel",
         .title = "a call that the caller gives up while it rings",
         .method = sip::Method::invite,
         .expected_status_code = 487,
         .registers_first = true,
         .has_callee = true,
         .cancels = true},
};

/// How users become known before a flow that needs it; not offered by name.
constexpr Flow setup_flow{
    .name = "setup", .catalog_name = "register", .title = "", .answers_challenges = true};

/// Before that, so that a call does not fork to what an earlier run has left.
constexpr Flow clearing_flow{.name = "clearing",
                             .catalog_name = "register",
                             .title = "",
                             .answers_challenges = true,
                             .clears_bindings = true};

/// The flow of that name, or nullptr.
const Flow* find_flow(std::string_view name) noexcept;

}  // namespace busyhour::engine::load
