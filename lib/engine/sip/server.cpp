#include "engine/sip/server.h"

namespace busyhour::engine::sip {

}
