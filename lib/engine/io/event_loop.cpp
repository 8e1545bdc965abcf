#include "engine/io/event_loop.h"

#include <algorithm>
#include <chrono>
#include <sys/eventfd.h>
#include <unistd.h>

namespace busyhour::engine::io {
namespace {

epoll_event wanted(std::uint64_t token, bool wants_write) noexcept {
    epoll_event event{};
    event.events = wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.u64 = token;
    return event;
}

}  // namespace

Time clock_now() noexcept {
    return std::chrono::steady_clock::now();
}

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_.is_open()) refuse("epoll_create1", "");
}

void EventLoop::add(int descriptor, std::uint64_t token, bool wants_write) {
    if (!try_add(descriptor, token, wants_write)) refuse("epoll_ctl", "");
}

bool EventLoop::try_add(int descriptor, std::uint64_t token, bool wants_write) noexcept {
    epoll_event event = wanted(token, wants_write);
    return epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EventLoop::change(int descriptor, std::uint64_t token, bool wants_write) noexcept {
    epoll_event event = wanted(token, wants_write);
    epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, descriptor, &event);
}

std::span<const Event> EventLoop::wait(Time now, Time until) noexcept {
    timespec left{};
    if (until != never) {
        const std::int64_t left_ns = std::max<std::int64_t>(0, (until - now).count());
        left.tv_sec = static_cast<time_t>(left_ns / 1'000'000'000);
        left.tv_nsec = static_cast<long>(left_ns % 1'000'000'000);
    }
    const int number = epoll_pwait2(epoll_.number(), raw_.data(), static_cast<int>(raw_.size()),
                                    until == never ? nullptr : &left, nullptr);
    if (number <= 0) return {};
    const auto size = static_cast<std::size_t>(number);
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint32_t ready = raw_[i].events;
        events_[i] = {.token = raw_[i].data.u64,
                      .can_read = (ready & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0,
                      .can_write = (ready & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0};
    }
    return std::span(events_).first(size);
}

Waker::Waker() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!descriptor_.is_open()) refuse("eventfd", "");
}

void Waker::wake() const noexcept {
    eventfd_write(descriptor_.number(), 1);
}

void Waker::sleep() const noexcept {
    eventfd_t wakes = 0;
    eventfd_read(descriptor_.number(), &wakes);
}

}  // namespace busyhour::engine::io
