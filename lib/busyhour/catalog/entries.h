// internal: not installed
#pragma once

#include "busyhour/catalog/catalog.h"

namespace busyhour {

// Documents of models/, complete by their schema, as values.

Codec codec_from(const Json& document);
EmodelValues emodel_from(const Json& document);
Header header_from(const Json& document);
MessageSizes message_sizes_from(const Json& document);
/// Throws InputError where a message names a size that is not in `sizes`.
Flow flow_from(const Json& document, const MessageSizes& sizes);
ServerModel server_from(const Json& document);
HostModel host_from(const Json& document);
RoleModel role_from(const Json& document);
TlsProfile tls_from(const Json& document);

}  // namespace busyhour
