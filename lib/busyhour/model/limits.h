#pragma once

namespace busyhour {

/// Flows that pass a stateful firewall.
struct TrackedFlows {
    double alive_number = 0;  ///< that carry packets
    double opened_per_s = 0;  ///< each is forgotten `timeout_s` after its last packet
    double timeout_s = 0;
};

/// Entries of a connection table: flows that are alive, and flows that ended but are not forgotten.
/// Source: linux-nf-conntrack
double tracked_entries_number(const TrackedFlows& flows);

/// Memory of so many entries of Linux's table, hash buckets included. Source: linux-conntrack-slab
double tracked_entries_bytes(double entries_number);

/// Entries that Linux's table has by default: total memory / 16384, 1024 to 262144.
/// Source: linux-nf-conntrack
double default_tracked_entries_number(double memory_bytes);

/// Worker processes of which `target_fraction` is busy, where `busy_number` are busy on average:
/// Little's law; 1 at least. Source: handbook-teletraffic
double workers_for_number(double busy_number, double target_fraction);

/// Socket buffer that holds what arrives while the reader pauses, each datagram at what the kernel
/// charges for it. Source: linux-receive-buffer-2026-11
double receive_buffer_bytes(double packets_per_s, double pause_s, double charged_bytes);

}  // namespace busyhour
