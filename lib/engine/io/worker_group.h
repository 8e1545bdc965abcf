#pragma once

#include "engine/io/listener.h"
#include "engine/io/worker.h"

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace busyhour::engine::io {

struct GroupOptions {
    std::vector<Peer> listen;
    unsigned workers = 1;   ///< 1 to 256
    std::vector<int> cpus;  ///< worker n runs on processor n of these only, going round; empty: any
    WorkerOptions worker;   ///< of each; `number` is set here
};

/// Lets a thread run on one processor only. Throws std::system_error.
void pin(std::thread& thread, int cpu);

/// Workers that share the same listening addresses, each with a thread of its own: the system
/// spreads datagrams and connections over them by the far end's address and port.
class WorkerGroup {
public:
    /// Opens all sockets. Throws std::system_error.
    explicit WorkerGroup(const GroupOptions& options);
    WorkerGroup(const WorkerGroup&) = delete;
    WorkerGroup& operator=(const WorkerGroup&) = delete;
    ~WorkerGroup() { stop(); }

    /// The listening addresses with their real ports, in the order of the options.
    [[nodiscard]] const std::vector<Peer>& listening() const noexcept { return listening_; }

    /// Starts a thread for each handler; there are as many as workers, and they live until `stop`.
    /// Throws std::system_error where a processor is none; no thread runs then.
    void start(std::span<Handler* const> handlers);

    /// Ends the threads; connections stay.
    void stop();

    /// Ends all connections in order, after `stop`.
    void close_connections();

    /// The sums of all workers, after `stop`.
    [[nodiscard]] WorkerCounts counts() const;
    [[nodiscard]] std::size_t table_bytes() const;

private:
    GroupOptions options_;
    std::vector<Peer> listening_;
    std::vector<std::vector<Listening>> sockets_;  ///< of each worker, until it starts
    std::vector<std::unique_ptr<Mailbox>> mailboxes_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
    std::atomic<bool> is_stopping_ = false;
};

}  // namespace busyhour::engine::io
