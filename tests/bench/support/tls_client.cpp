#include "clients.h"
#include "process.h"
#include "requests.h"

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t persistent_number = 200;
constexpr std::size_t new_number = 16;
constexpr std::size_t users_per_connection = 50;

SSL_CTX* context() {
    static SSL_CTX* const made = [] {
        SSL_CTX* const fresh = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_min_proto_version(fresh, TLS1_3_VERSION);
        SSL_CTX_set_ciphersuites(fresh, "TLS_AES_256_GCM_SHA384");
        SSL_CTX_set1_groups_list(fresh, "X25519");
        SSL_CTX_set_mode(fresh, SSL_MODE_ENABLE_PARTIAL_WRITE);
        return fresh;
    }();
    return made;
}

struct Connection {
    int socket = -1;
    SSL* tls = nullptr;
    bool is_ready = false;
    std::uint64_t sent = 0;
    std::size_t number = 0;
    std::string answer;
    Request request;

    Connection(std::size_t place, int port)
        : number(place), request("TLS", "127.0.2." + std::to_string(1 + place), 25060, port) {
        answer.reserve(4096);
    }
    ~Connection() { close_now(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void open(int port, int poll) {
        socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        const linger reset{1, 0};
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        server.sin_port = htons(static_cast<std::uint16_t>(port));
        if (connect(socket, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) {
            throw std::runtime_error("a TCP connection was refused");
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = this;
        epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
        tls = SSL_new(context());
        SSL_set_fd(tls, socket);
        SSL_set_connect_state(tls);
        is_ready = false;
        answer.clear();
    }
    void close_now() {
        if (socket < 0) return;
        SSL_free(tls);
        close(socket);
        socket = -1;
    }
};

class Client {
public:
    Client(int port, TlsWork work, std::uint64_t start)
        : port_(port), work_(work), start_(start), poll_(epoll_create1(EPOLL_CLOEXEC)) {
        const bool keeps = work == TlsWork::persistent;
        for (std::size_t place = 0; place < (keeps ? persistent_number : new_number); ++place) {
            connections_.push_back(std::make_unique<Connection>(place, port));
        }
    }
    ~Client() {
        connections_.clear();
        close(poll_);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    Slice run(double duration_s, const std::function<void()>& ready) {
        for (auto& connection : connections_) begin(*connection);
        if (work_ == TlsWork::persistent) prepare();
        if (ready) ready();
        const double start_s = now_s();
        double time_s = start_s;
        while (time_s < start_s + duration_s) {
            turn();
            time_s = now_s();
        }
        slice_.duration_s = time_s - start_s;
        return slice_;
    }
    /// Handshakes, so that they are not in what is measured.
    void prepare() {
        const double end_s = now_s() + 5;
        while (slice_.answered < connections_.size() && now_s() < end_s) turn();
        slice_ = {};
    }

private:
    void turn() {
        std::array<epoll_event, 64> events{};
        const int number = epoll_wait(poll_, events.data(), 64, 100);
        for (int row = 0; row < number; ++row) {
            auto* connection =
                static_cast<Connection*>(events[static_cast<std::size_t>(row)].data.ptr);
            if (!advance(*connection)) {
                ++slice_.failed;
                connection->close_now();
                begin(*connection);
            }
        }
    }

    void begin(Connection& connection) {
        connection.open(port_, poll_);
        // Nothing waits to be read yet, so this sends the client hello and would then block.
        set_blocking(connection, false);
        SSL_do_handshake(connection.tls);
    }

    static void set_blocking(Connection& connection, bool blocks) {
        BIO_socket_nbio(connection.socket, blocks ? 0 : 1);
    }

    bool advance(Connection& connection) {
        if (!connection.is_ready) {
            const int result = SSL_do_handshake(connection.tls);
            if (result != 1) {
                return SSL_get_error(connection.tls, result) == SSL_ERROR_WANT_READ;
            }
            connection.is_ready = true;
            return send(connection);
        }
        std::array<char, 4096> buffer{};
        while (true) {
            const int size = SSL_read(connection.tls, buffer.data(), 4096);
            if (size <= 0) return SSL_get_error(connection.tls, size) == SSL_ERROR_WANT_READ;
            connection.answer.append(buffer.data(), static_cast<std::size_t>(size));
            if (is_whole(connection.answer)) return finish(connection);
        }
    }

    [[nodiscard]] bool is_whole(const std::string& answer) const {
        return answer.ends_with(work_ == TlsWork::new_line ? "\n" : "\r\n\r\n");
    }

    bool finish(Connection& connection) {
        const bool is_good =
            work_ == TlsWork::new_line || connection.answer.starts_with("SIP/2.0 200");
        ++(is_good ? slice_.answered : slice_.failed);
        if (!is_good && slice_.first_failure.empty()) slice_.first_failure = connection.answer;
        slice_.answer_bytes = connection.answer.size();
        connection.answer.clear();
        if (work_ == TlsWork::persistent) return send(connection);
        connection.close_now();
        begin(connection);
        return true;
    }

    bool send(Connection& connection) {
        if (work_ == TlsWork::new_line) return SSL_write(connection.tls, "REGISTER\n", 9) == 9;
        const std::uint64_t turn = connection.sent++;
        const std::string& text = connection.request.next(
            connection.number * users_per_connection + turn % users_per_connection,
            start_ + turn / users_per_connection, start_ * 1000 + turn * 256 + connection.number);
        const int size = static_cast<int>(text.size());
        return SSL_write(connection.tls, text.data(), size) == size;
    }

    int port_;
    TlsWork work_;
    std::uint64_t start_;
    int poll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    Slice slice_;
};

}  // namespace

Slice register_over_tls(int port, double duration_s, TlsWork work,
                        const std::function<void()>& ready) {
    static std::uint64_t start = 0;
    start += 100'000;  // above every CSeq of the slices before
    return Client(port, work, start).run(duration_s, ready);
}

}  // namespace bench
