#include "engine/io/descriptor.h"

#include <cerrno>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace busyhour::engine::io {

void Descriptor::close() noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
}

void set_option(int descriptor, int level, int name, int value) noexcept {
    setsockopt(descriptor, level, name, &value, sizeof value);
}

std::size_t raise_descriptors_max() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

void refuse(const char* what, const char* address) {
    const int error = errno;
    throw std::system_error(error, std::generic_category(), std::string(what) + " " + address);
}

}  // namespace busyhour::engine::io
