/// @file tenon/inspect/metrics.hpp
///
/// metrics: numbers about this process.
#ifndef TENON_INSPECT_METRICS_HPP
#define TENON_INSPECT_METRICS_HPP

#include <tenon/error.hpp>
#include <tenon/inspect.h>
#include <tenon/inspect/written.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

/// Whether a metric is of now, or of all the time so far.
enum class metric_kind : std::int32_t {
  gauge = TENON_METRIC_GAUGE,     ///< what there is now
  counter = TENON_METRIC_COUNTER, ///< only grows
};

/// A number about this process, as OpenTelemetry names it.
struct metric {
  std::string name; ///< "tenon.future.pending"
  metric_kind kind = metric_kind::gauge;
  std::string unit;        ///< "{future}", "By"
  std::string description; ///< for people
  /// What it is about: "tenon.executor.name", "worker".
  std::vector<std::pair<std::string, std::string>> attributes;
  std::uint64_t value = 0;
};

namespace detail {
inline namespace TENON_VARIANT {

/// Copies what it is told, through C, which an exception must not cross.
struct metrics_reading {
  std::vector<metric> all;
  bool has_no_memory = false;

  void add(const tenon_metric_t &c) {
    metric &one = all.emplace_back();
    one.name = c.name;
    one.kind = static_cast<metric_kind>(c.kind);
    one.unit = c.unit;
    one.description = c.description;
    for (std::size_t index = 0; index < c.attribute_count; index++)
      one.attributes.emplace_back(c.attributes[index].key, c.attributes[index].value);
    one.value = c.value;
  }

  static void tell(void *context, const tenon_metric_t *metric) noexcept {
    auto &self = *static_cast<metrics_reading *>(context);
#if TENON_HAS_EXCEPTIONS
    try {
      self.add(*metric);
    } catch (...) {
      self.has_no_memory = true;
    }
#else
    self.add(*metric);
#endif
  }
};

} // namespace TENON_VARIANT
} // namespace detail

/// Numbers about this process, read from what is counted anyway: any thread, and nobody is stopped.
namespace metrics {

/// All of them; values of one name follow each other. Throws as tenon_metrics_read() answers.
TENON_TAG [[nodiscard]] inline std::vector<metric> read() {
  detail::metrics_reading reading;
  detail::require(tenon_metrics_read(&detail::metrics_reading::tell, &reading));
  if (reading.has_no_memory)
    detail::raise(TENON_STATUS_NO_RESOURCES);
  return std::move(reading.all);
}

/// Writes the same in Prometheus' text format, and blocks until all is written. What the system refuses is a tenon::error
/// of domain "errno".
TENON_TAG inline void write_prometheus(int fd) {
  errno = 0;
  const tenon_status_t status = tenon_metrics_write_prometheus(fd);
  detail::require_written(status, errno);
}

} // namespace metrics

} // namespace tenon

#endif // TENON_INSPECT_METRICS_HPP
