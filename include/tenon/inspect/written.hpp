/// @file tenon/inspect/written.hpp
///
/// What metrics.hpp and record.hpp do about a file that cannot be written to.
#ifndef TENON_INSPECT_WRITTEN_HPP
#define TENON_INSPECT_WRITTEN_HPP

#include <tenon/error.hpp>

#include <cerrno>
#include <system_error>

namespace tenon {

namespace detail {
inline namespace TENON_VARIANT {

/// Throws unless all was written: where it could not be, errno says why.
inline void require_written(tenon_status_t status, int number) {
  if (status == TENON_STATUS_INVALID && number != 0)
    raise(error("errno", number, std::generic_category().message(number).c_str()));
  require(status);
}

} // namespace TENON_VARIANT
} // namespace detail

} // namespace tenon

#endif // TENON_INSPECT_WRITTEN_HPP
