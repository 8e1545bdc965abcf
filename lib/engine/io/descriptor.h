#pragma once

#include <cstddef>
#include <utility>

namespace busyhour::engine::io {

/// Owns a file descriptor; -1 is none.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
    void close() noexcept;

private:
    int number_ = -1;
};

/// Sets what a socket can do without, too: a refusal is not told.
void set_option(int descriptor, int level, int name, int value) noexcept;

/// Raises the limit of open files to what the system allows this process; returns it.
std::size_t raise_descriptors_max() noexcept;

/// Throws std::system_error with errno and "WHAT ADDRESS".
[[noreturn]] void refuse(const char* what, const char* address);

}  // namespace busyhour::engine::io
