/// @file tenon/category.hpp
///
/// The domains of errors as std::error_category: one object for each in a process.
#ifndef TENON_CATEGORY_HPP
#define TENON_CATEGORY_HPP

#include <tenon/shared.hpp>

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

namespace tenon {
namespace detail {
inline namespace TENON_VARIANT {

/// A domain; codes of "tenon" and "uv" compare equal to the std::errc that they mean.
class domain_category final : public std::error_category {
public:
  explicit domain_category(std::string domain) : domain_(std::move(domain)) {}

  const char *name() const noexcept override { return domain_.c_str(); }

  std::string message(int code) const override {
    if (domain_ == "tenon")
      return tenon_status_string(static_cast<tenon_status_t>(code));
    return domain_ == "uv" ? std::generic_category().message(-code)
                           : domain_ + " " + std::to_string(code);
  }

  std::error_condition default_error_condition(int code) const noexcept override {
    if (domain_ == "uv")
      return {-code, std::generic_category()};
    if (domain_ != "tenon")
      return {code, *this};
    switch (code) {
    case TENON_STATUS_INVALID:
      return std::errc::invalid_argument;
    case TENON_STATUS_CANCELLED:
      return std::errc::operation_canceled;
    case TENON_STATUS_DEADLOCK:
      return std::errc::resource_deadlock_would_occur;
    case TENON_STATUS_TIMEOUT:
      return std::errc::timed_out;
    case TENON_STATUS_BUSY:
      return std::errc::device_or_resource_busy;
    case TENON_STATUS_INTERRUPTED:
      return std::errc::interrupted;
    case TENON_STATUS_NO_RESOURCES:
      return std::errc::not_enough_memory;
    case TENON_STATUS_UNSUPPORTED:
      return std::errc::not_supported;
    default:
      return {code, *this};
    }
  }

private:
  const std::string domain_;
};

} // namespace TENON_VARIANT
} // namespace detail

namespace detail {
inline namespace TENON_VARIANT {

/// A domain that this shared object has met.
struct known_category {
  const std::error_category *category;
  const known_category *next;
};

/// The process's category for a domain. All who met it have the same one, so that codes compare.
inline const std::error_category *shared_category(const char *domain) {
  auto made = std::make_unique<domain_category>(domain);
  const std::string name =
      std::string("cxx std::error_category of " TENON_STANDARD_LIBRARY " ") + domain;
  const auto code = &shared_category;
  void *const kept = shared(name.c_str(), static_cast<std::error_category *>(made.get()),
                            reinterpret_cast<const void *>(code));
  const auto *category = static_cast<const std::error_category *>(kept);
  if (!category || category == made.get())
    category = made.release();
  return category;
}

} // namespace TENON_VARIANT
} // namespace detail

/// The category of an error's domain: std::generic_category() for "errno".
///
/// A process meets few domains; their categories are kept for ever, as categories must be.
TENON_TAG [[nodiscard]] inline const std::error_category &category(const char *domain) {
  static std::atomic<const detail::known_category *> newest{nullptr};
  if (std::strcmp(domain, "errno") == 0)
    return std::generic_category();
  const detail::known_category *head = newest.load(std::memory_order_acquire);
  for (const auto *known = head; known; known = known->next)
    if (std::strcmp(known->category->name(), domain) == 0)
      return *known->category;
  // Another thread may find it, too: then it is there twice.
  const auto *category = detail::shared_category(domain);
  auto *made = new detail::known_category{category, head};
  while (!newest.compare_exchange_weak(made->next, made, std::memory_order_acq_rel))
    continue;
  return *category;
}

} // namespace tenon

#endif // TENON_CATEGORY_HPP
