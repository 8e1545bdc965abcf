#include "engine/sip/writer.h"

#include <array>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

struct Reason {
    int status_code;
    std::string_view phrase;
};

/// Sorted by status code. Source: rfc3261 21, and the RFC named beside a row.
constexpr std::array reasons = {
    Reason{100, "Trying"},
    Reason{180, "Ringing"},
    Reason{181, "Call Is Being Forwarded"},
    Reason{182, "Queued"},
    Reason{183, "Session Progress"},
    Reason{200, "OK"},
    Reason{202, "Accepted"},         // rfc6665
    Reason{204, "No Notification"},  // rfc5839
    Reason{300, "Multiple Choices"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Moved Temporarily"},
    Reason{305, "Use Proxy"},
    Reason{380, "Alternative Service"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{402, "Payment Required"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{407, "Proxy Authentication Required"},
    Reason{408, "Request Timeout"},
    Reason{410, "Gone"},
    Reason{412, "Conditional Request Failed"},  // rfc3903
    Reason{413, "Request Entity Too Large"},
    Reason{414, "Request-URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{416, "Unsupported URI Scheme"},
    Reason{420, "Bad Extension"},
    Reason{421, "Extension Required"},
    Reason{422, "Session Interval Too Small"},  // rfc4028
    Reason{423, "Interval Too Brief"},
    Reason{430, "Flow Failed"},                       // rfc5626
    Reason{439, "First Hop Lacks Outbound Support"},  // rfc5626
    Reason{440, "Max-Breadth Exceeded"},              // rfc5393
    Reason{480, "Temporarily Unavailable"},
    Reason{481, "Call/Transaction Does Not Exist"},
    Reason{482, "Loop Detected"},
    Reason{483, "Too Many Hops"},
    Reason{484, "Address Incomplete"},
    Reason{485, "Ambiguous"},
    Reason{486, "Busy Here"},
    Reason{487, "Request Terminated"},
    Reason{488, "Not Acceptable Here"},
    Reason{489, "Bad Event"},  // rfc6665
    Reason{491, "Request Pending"},
    Reason{493, "Undecipherable"},
    Reason{500, "Server Internal Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Server Time-out"},
    Reason{505, "Version Not Supported"},
    Reason{513, "Message Too Large"},
    Reason{600, "Busy Everywhere"},
    Reason{603, "Decline"},
    Reason{604, "Does Not Exist Anywhere"},
    Reason{606, "Not Acceptable"},
};

constexpr std::array<std::string_view, 7> classes = {
    "", "Progress", "OK", "Redirected", "Request Failure", "Server Failure", "Global Failure"};

}  // namespace

std::string_view reason_phrase(int status_code) noexcept {
    for (const Reason& reason : reasons) {
        if (reason.status_code == status_code) return reason.phrase;
    }
    const int hundreds = status_code / 100;
    return hundreds < 1 || hundreds > 6 ? "" : classes[static_cast<std::size_t>(hundreds)];
}

}  // namespace busyhour::engine::sip
