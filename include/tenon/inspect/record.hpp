/// @file tenon/inspect/record.hpp
///
/// record: what happened last.
#ifndef TENON_INSPECT_RECORD_HPP
#define TENON_INSPECT_RECORD_HPP

#include <tenon/error.hpp>
#include <tenon/inspect.h>
#include <tenon/inspect/written.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace tenon {

/// How a recording is written.
enum class record_format : std::int32_t {
  chrome = TENON_RECORD_CHROME, ///< Chrome's trace events as JSON, which ui.perfetto.dev opens
};

/// What has happened in this process last, as far as it is recorded: a flight recorder, tenon_record().
namespace record {

inline constexpr std::uint32_t calls =
    TENON_RECORD_CALLS; ///< Swift calls: begun, suspended, resumed, ended
inline constexpr std::uint32_t jobs =
    TENON_RECORD_JOBS; ///< jobs: begun, ended, and their functions
inline constexpr std::uint32_t futures =
    TENON_RECORD_FUTURES; ///< futures: settled, and who is told of it
inline constexpr std::uint32_t streams =
    TENON_RECORD_STREAMS; ///< items that go through, ends that wait, closes
inline constexpr std::uint32_t all = TENON_RECORD_ALL; ///< all of these

/// Keeps what happens from now on: calls | jobs, say. `bytes` are of each thread's ring, 32 for each thing; 0:
/// 1 MiB. What was recorded before is forgotten.
TENON_TAG inline void start(std::uint32_t mask, std::size_t bytes = 0) {
  detail::require(tenon_record(mask, bytes));
}

/// What was kept stays.
TENON_TAG inline void end() { detail::require(tenon_record(0, 0)); }

/// Writes what was recorded, while it goes on or after that, and blocks until all is written. Whether anything was ever
/// recorded. What the system refuses is a tenon::error of domain "errno".
TENON_TAG inline bool write(int fd, record_format format = record_format::chrome) {
  errno = 0;
  const tenon_status_t status = tenon_record_write(fd, static_cast<tenon_record_format>(format));
  detail::require_written(status, errno);
  return status == TENON_STATUS_OK;
}

} // namespace record

} // namespace tenon

#endif // TENON_INSPECT_RECORD_HPP
