#include "engine/load/ng_exchange.h"

#include "engine/io/address.h"

#include <algorithm>
#include <stdexcept>

namespace busyhour::engine::load {
namespace {

io::UdpOptions any_of_family(const Peer& relay) {
    Peer any;
    if (io::is_ipv4(relay)) any.address[10] = any.address[11] = 0xff;
    return {.local = any};
}

}  // namespace

NgExchange::NgExchange(const NgOptions& options)
    : options_(options),
      socket_(any_of_family(options.relay)),
      received_(32, 65535),
      out_(256, std::size_t{1} << 20U) {
    socket_.connect(options.relay);
    loop_.add(socket_.descriptor(), 0);
}

std::size_t NgExchange::turn(Time until) {
    io::SendCounts counts;
    for (std::size_t i = 0; i < out_.size(); ++i) {
        if (to_send_.is_full()) to_send_.send(socket_, counts);
        to_send_.add(out_[i].to, out_[i].bytes);
    }
    to_send_.send(socket_, counts);  // what is not taken is sent again later
    out_.clear();
    if (loop_.wait(io::clock_now(), until).empty()) return 0;
    return received_.receive(socket_);
}

void NgExchange::ping() {
    NgOptions options = options_;
    ++options.cookies;  // none of those of the calls
    options.transmissions_max = 3;
    NgClient client(options);
    client.send(0, BencodeWriter().dictionary().entry("command", "ping").end().octets(),
                io::clock_now(), out_);
    while (client.open() > 0) {
        const std::size_t size = turn(client.next_timeout());
        for (std::size_t i = 0; i < size; ++i) {
            const auto answer = client.receive(received_[i].bytes);
            if (answer && answer->is_ok()) return;
        }
        client.timeout(io::clock_now(), out_);
    }
    throw std::runtime_error("no rtpengine answers at " + io::to_text(options_.relay));
}

void NgExchange::work(NgCalls& calls, const std::atomic<int>* interrupts,
                      const std::function<void(double elapsed_s)>& on_progress) {
    const Time begin = io::clock_now();
    Time next_progress = begin;
    while (!calls.is_over()) {
        const Time now = io::clock_now();
        if (interrupts != nullptr && interrupts->load() > 0) return;
        if (on_progress && now >= next_progress) {
            next_progress = now + std::chrono::seconds(1);
            on_progress(to_seconds(now - begin));
        }
        calls.timeout(now, out_);
        const Time until = std::min(calls.next_timeout(), now + std::chrono::milliseconds(100));
        const std::size_t size = turn(until);
        for (std::size_t i = 0; i < size; ++i) {
            calls.receive(received_[i].bytes, io::clock_now(), out_);
        }
    }
}

}  // namespace busyhour::engine::load
