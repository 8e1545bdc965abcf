#include "bench/sip/clients.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>
#include <netinet/tcp.h>
#include <span>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace busyhour::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t users_per_socket = 600;
constexpr std::size_t sockets_number = 16;
constexpr std::size_t window = 8;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

sockaddr_in address_of(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

const sockaddr* generic(const sockaddr_in& address) {
    const void* at = &address;
    return static_cast<const sockaddr*>(at);
}

class Socket {
public:
    explicit Socket(int kind) : number_(socket(AF_INET, kind | SOCK_CLOEXEC, 0)) {
        timeval limit{0, 300'000};
        setsockopt(number_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        const auto own = address_of(0);
        bind(number_, generic(own), sizeof own);
    }
    Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket& operator=(Socket&&) = delete;
    ~Socket() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool connect_to(std::uint16_t port) const {
        const auto address = address_of(port);
        return connect(number_, generic(address), sizeof address) == 0;
    }
    [[nodiscard]] std::uint16_t port() const {
        sockaddr_in own{};
        socklen_t size = sizeof own;
        void* at = &own;
        getsockname(number_, static_cast<sockaddr*>(at), &size);
        return ntohs(own.sin_port);
    }

private:
    int number_;
};

constexpr std::string_view user_mark = "UUUUUUUU";
constexpr std::string_view cseq_mark = "CCCCCCCCCC";
constexpr std::string_view branch_mark = "BBBBBBBBBBBBBBBB";

/// Datagrams of one socket, sent and received with one system call each.
struct UdpUser {
    Socket socket{SOCK_DGRAM};
    Registration registration;
    std::uint32_t first_user;
    std::uint32_t next_user = 0;
    std::array<std::string, window> texts;
    std::array<std::array<char, 2048>, window> answers{};
    std::size_t outstanding = 0;

    UdpUser(std::uint16_t port, std::uint32_t first)
        : registration("UDP", (static_cast<void>(socket.connect_to(port)), socket.port())),
          first_user(first) {}

    void send() {
        std::array<mmsghdr, window> headers{};
        std::array<iovec, window> parts{};
        for (std::size_t i = 0; i < window; ++i) {
            texts[i] = registration.next(first_user + next_user++ % users_per_socket);
            parts[i] = {texts[i].data(), texts[i].size()};
            headers[i].msg_hdr.msg_iov = &parts[i];
            headers[i].msg_hdr.msg_iovlen = 1;
        }
        const int sent = sendmmsg(socket.number(), headers.data(), window, 0);
        outstanding = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }

    void receive(Slice& slice, bool is_echo) {
        std::array<mmsghdr, window> headers{};
        std::array<iovec, window> parts{};
        while (outstanding > 0) {
            for (std::size_t i = 0; i < outstanding; ++i) {
                parts[i] = {answers[i].data(), answers[i].size()};
                headers[i].msg_hdr.msg_iov = &parts[i];
                headers[i].msg_hdr.msg_iovlen = 1;
            }
            const int got = recvmmsg(socket.number(), headers.data(),
                                     static_cast<unsigned>(outstanding), MSG_WAITFORONE, nullptr);
            if (got <= 0) {  // lost
                slice.wrong += static_cast<double>(outstanding);
                outstanding = 0;
                return;
            }
            for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
                const std::string_view text(answers[i].data(), headers[i].msg_len);
                const bool is_right = is_echo || text.starts_with("SIP/2.0 200");
                ++(is_right ? slice.answers : slice.wrong);
                slice.answer_octets = text.size();
            }
            outstanding -= static_cast<std::size_t>(got);
        }
    }
};

std::vector<std::size_t> places_of(std::string_view text, std::string_view mark) {
    std::vector<std::size_t> places;
    for (std::size_t at = text.find(mark); at != text.npos; at = text.find(mark, at + 1)) {
        places.push_back(at);
    }
    return places;
}

struct CloseTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Tls = std::unique_ptr<SSL, CloseTls>;
using TlsContext = std::unique_ptr<SSL_CTX, CloseTls>;

TlsContext make_context() {
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

Tls connect_tls(SSL_CTX* context, const Socket& socket, std::uint16_t port) {
    constexpr int on = 1;
    setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!socket.connect_to(port)) return nullptr;
    Tls tls(SSL_new(context));
    SSL_set_fd(tls.get(), socket.number());
    return SSL_connect(tls.get()) == 1 ? std::move(tls) : nullptr;
}

/// One request, one answer; its octets, or 0.
std::size_t exchange(SSL* tls, const std::string& text, const char* end) {
    if (SSL_write(tls, text.data(), static_cast<int>(text.size())) <= 0) return 0;
    std::array<char, 4096> answer{};
    std::size_t size = 0;
    while (size < answer.size()) {
        const int got = SSL_read(tls, answer.data() + size, static_cast<int>(answer.size() - size));
        if (got <= 0) return 0;
        size += static_cast<std::size_t>(got);
        const std::string_view so_far(answer.data(), size);
        if (so_far.ends_with(end)) {
            return end[0] == '\n' || so_far.starts_with("SIP/2.0 200") ? size : 0;
        }
    }
    return 0;
}

}  // namespace

Registration::Registration(const std::string& transport, std::uint16_t own_port)
    : text_(fmt::format(
          "REGISTER sip:127.0.0.1 SIP/2.0\r\n"
          "Via: SIP/2.0/{0} 127.0.0.1:{1:05};branch=z9hG4bK{2};rport\r\n"
          "Max-Forwards: 70\r\n"
          "From: <sip:{3}@127.0.0.1>;tag={3}\r\n"
          "To: <sip:{3}@127.0.0.1>\r\n"
          "Call-ID: {3}-bench@127.0.0.1\r\n"
          "CSeq: {4} REGISTER\r\n"
          "Contact: <sip:{3}@127.0.0.1:{1:05}{5}>\r\n"
          "Expires: 3600\r\n"
          "Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE\r\n"
          "User-Agent: busyhour-bench\r\n"
          "Content-Length: 0\r\n\r\n",
          transport, own_port, branch_mark, user_mark, cseq_mark,
          transport == "UDP" ? "" : ";transport=tcp")),
      user_places_(places_of(text_, user_mark)),
      branch_places_(places_of(text_, branch_mark)),
      cseq_places_(places_of(text_, cseq_mark)) {}

const std::string& Registration::next(std::uint32_t user) {
    const auto fill = [this](const std::vector<std::size_t>& places, std::size_t skip,
                             std::size_t digits, std::uint32_t value) {
        for (const std::size_t place : places) {
            std::uint32_t rest = value;
            for (std::size_t i = digits; i > 0; --i, rest /= 10) {
                text_[place + skip + i - 1] = static_cast<char>('0' + rest % 10);
            }
        }
    };
    ++cseq_;
    fill(user_places_, 0, user_mark.size(), user);
    fill(branch_places_, 0, 8, user);
    fill(branch_places_, 8, 8, cseq_);
    fill(cseq_places_, 0, cseq_mark.size(), cseq_);
    return text_;
}

Slice register_over_udp(std::uint16_t port, double duration_s, bool is_echo) {
    static std::uint32_t bases = 0;
    std::vector<std::unique_ptr<UdpUser>> users;
    for (std::uint32_t i = 0; i < sockets_number; ++i) {
        users.push_back(std::make_unique<UdpUser>(port, (bases + i) * users_per_socket));
    }
    bases += sockets_number;  // other users next time: their bindings have other contacts
    Slice slice;
    for (auto& user : users) user->send();
    const auto begin = Clock::now();
    while (seconds_since(begin) < duration_s) {
        for (auto& user : users) {
            user->receive(slice, is_echo);
            user->send();
        }
    }
    slice.elapsed_s = seconds_since(begin);
    Slice rest;  // not counted
    for (auto& user : users) user->receive(rest, is_echo);
    return slice;
}

struct TlsUsers::Impl {
    struct User {
        Socket socket{SOCK_STREAM};
        Registration registration;
        Tls tls;
        std::uint32_t number;
        User(SSL_CTX* context, std::uint16_t port, std::uint32_t user)
            : registration("TLS", socket.port()),
              tls(connect_tls(context, socket, port)),
              number(user) {}
    };
    TlsContext context = make_context();
    std::vector<std::unique_ptr<User>> users;
};

TlsUsers::TlsUsers(std::uint16_t port, int connections) : impl_(new Impl) {
    static std::uint32_t bases = 50'000'000;
    for (int i = 0; i < connections; ++i) {
        impl_->users.push_back(std::make_unique<Impl::User>(impl_->context.get(), port, bases++));
    }
}

TlsUsers::~TlsUsers() {
    delete impl_;
}

Slice TlsUsers::run(double duration_s) {
    Slice slice;
    const auto send = [](Impl::User& user) {
        const std::string& text = user.registration.next(user.number);
        return user.tls &&
               SSL_write(user.tls.get(), text.data(), static_cast<int>(text.size())) > 0;
    };
    const auto receive = [&slice](Impl::User& user) {
        std::array<char, 4096> answer{};
        std::size_t size = 0;
        while (size < answer.size()) {
            const int got = SSL_read(user.tls.get(), answer.data() + size,
                                     static_cast<int>(answer.size() - size));
            if (got <= 0) break;
            size += static_cast<std::size_t>(got);
            if (std::string_view(answer.data(), size).ends_with("\r\n\r\n")) break;
        }
        const std::string_view text(answer.data(), size);
        ++(text.starts_with("SIP/2.0 200") ? slice.answers : slice.wrong);
        slice.answer_octets = size;
        return text.starts_with("SIP/2.0 ");
    };
    std::vector<Impl::User*> open;
    for (auto& user : impl_->users) {
        if (send(*user)) open.push_back(user.get());
    }
    slice.wrong += static_cast<double>(impl_->users.size() - open.size());
    const auto begin = Clock::now();
    while (seconds_since(begin) < duration_s && !open.empty()) {
        std::erase_if(open, [&](Impl::User* user) { return !receive(*user) || !send(*user); });
    }
    slice.elapsed_s = seconds_since(begin);
    const Slice counted = slice;
    for (Impl::User* user : open) static_cast<void>(receive(*user));
    return counted;
}

Slice register_with_handshakes(std::uint16_t port, double duration_s, bool is_line_echo) {
    constexpr std::size_t threads_number = 8;
    // A user each, as a user may only have so many contacts.
    static std::atomic<std::uint32_t> users = 70'000'000;
    std::array<Slice, threads_number> slices;
    std::vector<std::thread> threads;
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < threads_number; ++i) {
        threads.emplace_back([&, i] {
            const TlsContext context = make_context();
            while (seconds_since(begin) < duration_s) {
                const Socket socket(SOCK_STREAM);
                const linger reset{1, 0};  // so that ports do not run out
                setsockopt(socket.number(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
                const Tls tls = connect_tls(context.get(), socket, port);
                Registration registration("TLS", socket.port());
                const std::size_t octets =
                    !tls           ? 0
                    : is_line_echo ? exchange(tls.get(), "a line\n", "\n")
                                   : exchange(tls.get(), registration.next(users++), "\r\n\r\n");
                ++(octets > 0 ? slices[i].answers : slices[i].wrong);
                if (tls) SSL_shutdown(tls.get());
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    Slice sum;
    for (const Slice& slice : slices) {
        sum.answers += slice.answers;
        sum.wrong += slice.wrong;
    }
    sum.elapsed_s = seconds_since(begin);
    return sum;
}

void echo_forever(int packed) {
    constexpr std::size_t batch = 64;
    const auto port = static_cast<std::uint16_t>(packed & 0xffff);
    const auto octets = static_cast<std::size_t>(packed >> 16);
    const int number = socket(AF_INET, SOCK_DGRAM, 0);
    const auto own = address_of(port);
    bind(number, generic(own), sizeof own);
    constexpr int buffer = 1 << 22;
    setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    std::vector<std::array<char, 2048>> texts(batch);
    std::array<mmsghdr, batch> headers{};
    std::array<iovec, batch> parts{};
    std::array<sockaddr_in, batch> from{};
    for (;;) {
        for (std::size_t i = 0; i < batch; ++i) {
            parts[i] = {texts[i].data(), texts[i].size()};
            headers[i].msg_hdr = {&from[i], sizeof from[i], &parts[i], 1, nullptr, 0, 0};
        }
        const int got = recvmmsg(number, headers.data(), batch, MSG_WAITFORONE, nullptr);
        if (got <= 0) continue;
        for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) parts[i].iov_len = octets;
        int sent = 0;
        while (sent < got) {
            const int more = sendmmsg(number, &headers[static_cast<std::size_t>(sent)],
                                      static_cast<unsigned>(got - sent), 0);
            if (more <= 0) break;
            sent += more;
        }
    }
}

std::uint16_t free_port() {
    const Socket tcp(SOCK_STREAM);
    return tcp.port();
}

bool answers_options(std::uint16_t port) {
    const Socket socket(SOCK_DGRAM);
    static_cast<void>(socket.connect_to(port));
    const std::string text = fmt::format(
        "OPTIONS sip:127.0.0.1:{0} SIP/2.0\r\nVia: SIP/2.0/UDP "
        "127.0.0.1:{1};branch=z9hG4bK{1};rport\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:bench@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1:{0}>\r\n"
        "Call-ID: options-{1}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
        port, socket.port());
    std::array<char, 2048> answer{};
    if (send(socket.number(), text.data(), text.size(), 0) < 0) return false;
    return recv(socket.number(), answer.data(), answer.size(), 0) > 0;
}

}  // namespace busyhour::bench
