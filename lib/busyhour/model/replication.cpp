#include "busyhour/model/replication.h"

#include <algorithm>
#include <cmath>

namespace busyhour {

double broadcasts_per_s(double changes_per_s, int nodes) {
    return changes_per_s * (nodes - 1);
}

double pings_per_s(int nodes, double interval_s) {
    return static_cast<double>(nodes) * (nodes - 1) / interval_s;
}

double ping_growth_bytes(int nodes) {
    constexpr double line_bytes = 35;
    return line_bytes * (nodes - 2);
}

FullSync full_sync(double contacts_number, const DmqSettings& settings, const SyncSizes& sizes) {
    constexpr double envelope_bytes = 12;  // {"action":3}, and as many in {"multi":{}}
    constexpr double member_bytes = 6;     // the name, a number of two digits, colon and comma
    const double contact_bytes = sizes.binding_bytes - (sizes.request_bytes - envelope_bytes);
    FullSync sync;
    sync.contacts_per_message_number = 1;
    sync.message_bytes = sizes.binding_bytes;
    double last_bytes = sizes.binding_bytes;
    if (settings.batch_msg_contacts_number > 1) {
        const double member = contact_bytes + member_bytes;
        const double fit = std::ceil(settings.batch_msg_size_bytes / member);
        const double full = std::min(fit, settings.batch_msg_contacts_number);
        const double rest = std::fmod(contacts_number, full);
        sync.contacts_per_message_number = full;
        sync.message_bytes = sizes.request_bytes + full * member;
        last_bytes = rest > 0 ? sizes.request_bytes + rest * member : sync.message_bytes;
    }
    sync.messages_number = std::ceil(contacts_number / sync.contacts_per_message_number);
    if (sync.messages_number > 0) {
        sync.bytes = (sync.messages_number - 1) * sync.message_bytes + last_bytes;
    }
    if (settings.batch_size_number > 0) {
        sync.pause_s =
            std::floor(contacts_number / settings.batch_size_number) * settings.batch_pause_s;
    }
    return sync;
}

}  // namespace busyhour
