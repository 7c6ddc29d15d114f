/// @file tenon/category.hpp
///
/// The domains of errors as std::error_category: one object for each, for the process's life.
#ifndef TENON_CATEGORY_HPP
#define TENON_CATEGORY_HPP

#include <tenon/config.hpp>

#include <atomic>
#include <string>
#include <system_error>

namespace tenon {
namespace detail {

/// A domain; codes of "tenon" and "uv" compare equal to the std::errc that they mean.
class domain_category final : public std::error_category {
public:
  domain_category(std::string domain, const domain_category *next)
      : domain_(std::move(domain)), next_(next) {}

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
    case TENON_STATUS_NO_RESOURCES:
      return std::errc::not_enough_memory;
    case TENON_STATUS_UNSUPPORTED:
      return std::errc::not_supported;
    default:
      return {code, *this};
    }
  }

  /// Finds a domain's object among those made before this one.
  static const domain_category *find(const domain_category *from, const char *domain) noexcept {
    while (from && from->domain_ != domain)
      from = from->next_;
    return from;
  }

private:
  const std::string domain_;
  const domain_category *const next_;
};

} // namespace detail

/// The category of an error's domain: std::generic_category() for "errno".
///
/// A process meets few domains; their categories are kept for ever, as categories must be.
[[nodiscard]] inline const std::error_category &category(const char *domain) {
  static const std::string errno_domain = "errno";
  static std::atomic<const detail::domain_category *> newest{nullptr};
  if (domain == errno_domain)
    return std::generic_category();
  const detail::domain_category *head = newest.load(std::memory_order_acquire);
  const detail::domain_category *found = detail::domain_category::find(head, domain);
  while (!found) {
    auto *made = new detail::domain_category(domain, head);
    if (newest.compare_exchange_strong(head, made, std::memory_order_acq_rel))
      return *made;
    delete made;
    found = detail::domain_category::find(head, domain);
  }
  return *found;
}

} // namespace tenon

#endif // TENON_CATEGORY_HPP
