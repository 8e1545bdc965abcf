#include "busyhour/cost/objects.h"

#include "busyhour/error.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <set>

namespace busyhour {
namespace {

double squares_of(const ScalingLaw& law, const std::vector<ScalingPoint>& points) {
    double sum = 0;
    for (const ScalingPoint& point : points) {
        const double error = capacity_per_s(law, point.workers_number) - point.capacity_per_s;
        sum += error * error;
    }
    return sum;
}

/// The step of Levenberg and Marquardt from here, each parameter held at 0 or above.
ScalingLaw stepped(const ScalingLaw& law, const std::vector<ScalingPoint>& points,
                   double damping_factor) {
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d gradient = Eigen::Vector3d::Zero();
    for (const ScalingPoint& point : points) {
        const double n = point.workers_number;
        const double divisor =
            1 + law.contention_fraction * (n - 1) + law.coherency_fraction * n * (n - 1);
        const double value = law.one_worker_per_s * n / divisor;
        Eigen::Vector3d slope{n / divisor, -value * (n - 1) / divisor,
                              -value * n * (n - 1) / divisor};
        if (!law.is_coherency_known) slope(2) = 0;
        normal += slope * slope.transpose();
        gradient += slope * (point.capacity_per_s - value);
    }
    for (int i = 0; i < 3; ++i) normal(i, i) *= 1 + damping_factor;
    if (normal(2, 2) <= 0) normal(2, 2) = 1;
    if (normal(1, 1) <= 0) normal(1, 1) = 1;
    const Eigen::Vector3d step = normal.ldlt().solve(gradient);
    ScalingLaw next = law;
    next.one_worker_per_s = std::max(law.one_worker_per_s + step(0), 0.0);
    next.contention_fraction = std::max(law.contention_fraction + step(1), 0.0);
    next.coherency_fraction = std::max(law.coherency_fraction + step(2), 0.0);
    return next;
}

}  // namespace

ScalingLaw fit_scaling(const std::vector<ScalingPoint>& points) {
    std::set<double> workers;
    for (const ScalingPoint& point : points) workers.insert(point.workers_number);
    if (workers.size() < 2) {
        throw InputError("workers", "only one number of them was measured",
                         "measure with two numbers of workers at least");
    }
    ScalingLaw law{.one_worker_per_s =
                       points.front().capacity_per_s / std::max(points.front().workers_number, 1.0),
                   .contention_fraction = 0.01,
                   .coherency_fraction = workers.size() > 2 ? 1e-5 : 0,
                   .is_coherency_known = workers.size() > 2};
    constexpr int steps_max = 2000;
    double damping_factor = 1e-3;
    double best = squares_of(law, points);
    for (int step = 0; step < steps_max && damping_factor < 1e12; ++step) {
        const ScalingLaw next = stepped(law, points, damping_factor);
        const double squares = squares_of(next, points);
        const bool is_better = squares < best;
        damping_factor *= is_better ? 0.3 : 4;
        if (!is_better) continue;
        law = next;
        best = squares;
    }
    return law;
}

double capacity_per_s(const ScalingLaw& law, double workers_number) {
    const double n = workers_number;
    return law.one_worker_per_s * n /
           (1 + law.contention_fraction * (n - 1) + law.coherency_fraction * n * (n - 1));
}

MemoryLaw fit_memory(const std::vector<MemoryPoint>& points) {
    std::set<double> numbers;
    double mean_objects = 0;
    double mean_bytes = 0;
    const auto count = static_cast<double>(points.size());
    for (const MemoryPoint& point : points) {
        numbers.insert(point.objects_number);
        mean_objects += point.objects_number / count;
        mean_bytes += point.memory_bytes / count;
    }
    if (numbers.size() < 2) {
        throw InputError("memory", "only one number of objects was measured",
                         "measure with two numbers of objects at least");
    }
    double spread = 0;
    double together = 0;
    for (const MemoryPoint& point : points) {
        const double objects = point.objects_number - mean_objects;
        spread += objects * objects;
        together += objects * (point.memory_bytes - mean_bytes);
    }
    MemoryLaw law;
    law.object_bytes = std::max(together / spread, 0.0);
    law.idle_bytes = mean_bytes - law.object_bytes * mean_objects;
    if (points.size() < 3) return law;
    double squares = 0;
    for (const MemoryPoint& point : points) {
        const double error =
            law.idle_bytes + law.object_bytes * point.objects_number - point.memory_bytes;
        squares += error * error;
    }
    law.object_error_bytes = std::sqrt(squares / (count - 2) / spread);
    return law;
}

}  // namespace busyhour
