#include "clients.h"
#include "process.h"
#include "requests.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t sockets_number = 32;
constexpr std::size_t window = 4;  // at each socket: 128 messages fit any receive buffer
constexpr std::size_t users_per_socket = 300;
constexpr double patience_s = 0.2;
constexpr int phone_port = 25060;  // the same in each slice, so that a user keeps its one contact

sockaddr* plain(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

sockaddr_in address_of(std::uint32_t host, int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(host);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

struct Phone {
    int socket = -1;
    std::vector<Request> requests;  // one for each place of the window, as it must stay while sent
    std::size_t outstanding = 0;
    std::uint64_t sent = 0;
    double heard_s = 0;

    Phone(std::size_t number, int server_port) {
        const auto host = 0x7f000101U + static_cast<std::uint32_t>(number);
        sockaddr_in local = address_of(host, phone_port);
        sockaddr_in server = address_of(INADDR_LOOPBACK, server_port);
        socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (bind(socket, plain(local), sizeof local) != 0 ||
            connect(socket, plain(server), sizeof server) != 0) {
            throw std::runtime_error("a UDP socket was refused");
        }
        const std::string name = "127.0.1." + std::to_string(1 + number);
        for (std::size_t place = 0; place < window; ++place) {
            requests.emplace_back("UDP", name, phone_port, server_port);
        }
    }
    ~Phone() { close(socket); }
    Phone(const Phone&) = delete;
    Phone& operator=(const Phone&) = delete;
};

class Client {
public:
    Client(int port, std::uint64_t start) : start_(start) {
        for (std::size_t number = 0; number < sockets_number; ++number) {
            phones_.push_back(std::make_unique<Phone>(number, port));
        }
    }

    Slice run(double duration_s) {
        const double start_s = now_s();
        double time_s = start_s;
        for (std::size_t at = 0; at < sockets_number; ++at) send(*phones_[at], at, time_s);
        while (time_s < start_s + duration_s) {
            for (std::size_t number = 0; number < sockets_number; ++number) turn(number, time_s);
            time_s = now_s();
        }
        slice_.duration_s = time_s - start_s;
        return slice_;
    }

private:
    void turn(std::size_t number, double time_s) {
        Phone& phone = *phones_[number];
        const std::size_t came = receive(phone);
        if (came > 0) {
            phone.heard_s = time_s;
            phone.outstanding -= std::min(came, phone.outstanding);
        } else if (time_s - phone.heard_s > patience_s) {
            slice_.lost += phone.outstanding;
            phone.outstanding = 0;
            phone.heard_s = time_s;
        }
        if (phone.outstanding < window) send(phone, number, time_s);
    }

    std::size_t receive(Phone& phone) {
        std::array<mmsghdr, 2 * window> headers{};
        std::array<iovec, 2 * window> parts{};
        for (std::size_t row = 0; row < headers.size(); ++row) {
            parts[row] = {buffers_[row].data(), buffers_[row].size()};
            headers[row].msg_hdr.msg_iov = &parts[row];
            headers[row].msg_hdr.msg_iovlen = 1;
        }
        const int number = recvmmsg(phone.socket, headers.data(), headers.size(), 0, nullptr);
        for (int row = 0; row < number; ++row) {
            const auto at = static_cast<std::size_t>(row);
            const bool is_good = headers[at].msg_len > 11 &&
                                 std::memcmp(buffers_[at].data(), "SIP/2.0 200", 11) == 0;
            ++(is_good ? slice_.answered : slice_.failed);
            if (!is_good && slice_.first_failure.empty()) {
                slice_.first_failure.assign(buffers_[at].data(), headers[at].msg_len);
            }
            slice_.answer_bytes = headers[at].msg_len;
        }
        return number < 0 ? 0 : static_cast<std::size_t>(number);
    }

    void send(Phone& phone, std::size_t number, double time_s) {
        std::array<mmsghdr, window> headers{};
        std::array<iovec, window> parts{};
        const std::size_t missing = window - phone.outstanding;
        for (std::size_t row = 0; row < missing; ++row) {
            const std::uint64_t user = number * users_per_socket + phone.sent % users_per_socket;
            const std::uint64_t turn = start_ + phone.sent / users_per_socket;
            const std::string& text = phone.requests[row].next(
                user, turn, start_ * 1000 + phone.sent * sockets_number + number);
            ++phone.sent;
            parts[row] = {const_cast<char*>(text.data()), text.size()};
            headers[row].msg_hdr.msg_iov = &parts[row];
            headers[row].msg_hdr.msg_iovlen = 1;
        }
        const int sent = sendmmsg(phone.socket, headers.data(), static_cast<unsigned>(missing), 0);
        if (sent > 0) phone.outstanding += static_cast<std::size_t>(sent);
        if (phone.heard_s == 0) phone.heard_s = time_s;
    }

    std::uint64_t start_;
    std::vector<std::unique_ptr<Phone>> phones_;
    std::array<std::array<char, 2048>, 2 * window> buffers_{};
    Slice slice_;
};

}  // namespace

Slice register_over_udp(int port, double duration_s) {
    static std::uint64_t start = 0;
    start += 100'000;  // above every CSeq of the slices before
    return Client(port, start).run(duration_s);
}

void echo_datagrams(int port, std::size_t answer_bytes) {
    constexpr unsigned batch = 64;
    static std::array<std::array<char, 2048>, batch> buffers{};
    std::array<sockaddr_in, batch> peers{};
    std::array<mmsghdr, batch> headers{};
    std::array<iovec, batch> parts{};
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in local = address_of(INADDR_LOOPBACK, port);
    if (bind(socket, plain(local), sizeof local) != 0) _exit(1);
    for (unsigned row = 0; row < batch; ++row) {
        headers[row].msg_hdr.msg_name = &peers[row];
        headers[row].msg_hdr.msg_iov = &parts[row];
        headers[row].msg_hdr.msg_iovlen = 1;
    }
    while (true) {
        for (unsigned row = 0; row < batch; ++row) {
            headers[row].msg_hdr.msg_namelen = sizeof(sockaddr_in);
            parts[row] = {buffers[row].data(), buffers[row].size()};
        }
        const int number = recvmmsg(socket, headers.data(), batch, MSG_WAITFORONE, nullptr);
        for (int row = 0; row < number; ++row) {
            const auto at = static_cast<std::size_t>(row);
            std::memcpy(buffers[at].data(), "SIP/2.0 200", 11);
            parts[at].iov_len = answer_bytes;
        }
        if (number > 0) sendmmsg(socket, headers.data(), static_cast<unsigned>(number), 0);
    }
}

}  // namespace bench
