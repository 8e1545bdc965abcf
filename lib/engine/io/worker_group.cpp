#include "engine/io/worker_group.h"

#include <cerrno>
#include <pthread.h>
#include <sched.h>
#include <string>
#include <system_error>
#include <utility>

namespace busyhour::engine::io {
namespace {

constexpr std::size_t mailbox_messages = 4096;
constexpr std::size_t mailbox_octets = 4 * 1024 * 1024;

}  // namespace

void pin(std::thread& thread, int cpu) {
    cpu_set_t cpus{};
    CPU_ZERO(&cpus);
    CPU_SET(static_cast<std::size_t>(cpu), &cpus);
    const int error = pthread_setaffinity_np(thread.native_handle(), sizeof cpus, &cpus);
    if (error != 0) {
        throw std::system_error(error, std::generic_category(),
                                "cannot run on processor " + std::to_string(cpu));
    }
}

WorkerGroup::WorkerGroup(const GroupOptions& options)
    : options_(options), sockets_(options.workers) {
    for (const Peer& wanted : options_.listen) {
        // Sharing would hide that another process has the port already: alone first.
        Listening alone = listen_on(wanted, false);
        Peer real = alone.local;
        real.transport = wanted.transport;
        listening_.push_back(real);
        if (options_.workers == 1) {
            sockets_.front().push_back(std::move(alone));
            continue;
        }
        alone = Listening{};
        for (std::vector<Listening>& sockets : sockets_) sockets.push_back(listen_on(real, true));
    }
    for (unsigned i = 0; i < options_.workers; ++i) {
        mailboxes_.push_back(std::make_unique<Mailbox>(mailbox_messages, mailbox_octets));
    }
}

void WorkerGroup::start(std::span<Handler* const> handlers) {
    for (unsigned i = 0; i < options_.workers; ++i) {
        WorkerOptions options = options_.worker;
        options.number = i;
        workers_.push_back(std::make_unique<Worker>(options, *handlers[i], mailboxes_));
        for (Listening& listening : sockets_[i]) workers_[i]->listen(std::move(listening));
    }
    sockets_.clear();
    for (const std::unique_ptr<Worker>& worker : workers_) {
        threads_.emplace_back([this, raw = worker.get()] { raw->run(is_stopping_); });
    }
    if (options_.cpus.empty()) return;
    try {
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            pin(threads_[i], options_.cpus[i % options_.cpus.size()]);
        }
    } catch (...) {
        stop();  // the handlers may go before the group
        throw;
    }
}

void WorkerGroup::stop() {
    is_stopping_ = true;
    for (const std::unique_ptr<Mailbox>& mailbox : mailboxes_) mailbox->wake();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void WorkerGroup::close_connections() {
    ignore_broken_pipes();
    for (const std::unique_ptr<Worker>& worker : workers_) worker->close_connections();
}

WorkerCounts WorkerGroup::counts() const {
    WorkerCounts sum;
    for (const std::unique_ptr<Worker>& worker : workers_) sum += worker->counts();
    return sum;
}

std::size_t WorkerGroup::table_bytes() const {
    std::size_t bytes = 0;
    for (const std::unique_ptr<Worker>& worker : workers_) bytes += worker->table_bytes();
    return bytes;
}

}  // namespace busyhour::engine::io
