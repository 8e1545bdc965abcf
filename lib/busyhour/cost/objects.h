#pragma once

#include <vector>

namespace busyhour {

/// What a server carries with so many workers.
struct ScalingPoint {
    double workers_number = 1;
    double capacity_per_s = 0;
};

/// Universal Scalability Law: X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1)).
struct ScalingLaw {
    double one_worker_per_s = 0;      ///< gamma
    double contention_fraction = 0;   ///< alpha, 0 or more: work that only one can do at a time
    double coherency_fraction = 0;    ///< beta, 0 or more: each pair of workers costs
    bool is_coherency_known = false;  ///< three numbers of workers at least; else beta is held at 0
};

/// The law that comes nearest to the points by least squares. Points of two numbers of workers at
/// least; throws InputError otherwise. Source: cran-usl.
ScalingLaw fit_scaling(const std::vector<ScalingPoint>& points);

/// What the law expects.
double capacity_per_s(const ScalingLaw& law, double workers_number);

/// Memory while a server holds so many objects of one kind.
struct MemoryPoint {
    double objects_number = 0;
    double memory_bytes = 0;
};

/// Memory of a server: a straight line over its objects.
struct MemoryLaw {
    double idle_bytes = 0;
    double object_bytes = 0;        ///< 0 or more
    double object_error_bytes = 0;  ///< standard error; 0 with two points
};

/// The line by least squares. Two different numbers of objects at least; throws InputError
/// otherwise.
MemoryLaw fit_memory(const std::vector<MemoryPoint>& points);

}  // namespace busyhour
