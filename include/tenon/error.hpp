/// @file tenon/error.hpp
///
/// Errors as C++ has them: tenon::error is a std::system_error for a tenon_error_t, and an exception
/// that C++ threw travels inside one and comes out as the same object.
#ifndef TENON_ERROR_HPP
#define TENON_ERROR_HPP

#include <tenon/category.hpp>
#include <tenon/text.hpp>

#include <cstring>
#include <exception>
#include <future>
#include <limits>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace tenon {

namespace detail {
inline namespace TENON_VARIANT {

/// What create(domain, message, &handle) makes of texts of any encoding; nullptr: `status` says why.
template <class Create>
tenon_error_t *error_in_utf8(const char *domain, const char *message, tenon_status_t &status,
                             Create create) noexcept {
  tenon_error_t *handle = nullptr;
  status = create(domain, message, &handle);
  if (status == TENON_STATUS_INVALID) {
#if TENON_HAS_EXCEPTIONS
    try {
#endif
      status = create(domain && *domain ? utf8(domain).c_str() : "unknown",
                      message ? utf8(message).c_str() : nullptr, &handle);
#if TENON_HAS_EXCEPTIONS
    } catch (const std::bad_alloc &) {
      status = TENON_STATUS_NO_RESOURCES;
    }
#endif
  }
  return status == TENON_STATUS_OK ? handle : nullptr;
}

} // namespace TENON_VARIANT
} // namespace detail

// A unit without RTTI has classes of its own: those of others know their type.
#if !TENON_HAS_RTTI
inline namespace without_rtti {
#endif

#pragma GCC visibility push(default) // caught in other shared objects, too

/// Why something failed, in the form that every language sees.
///
/// code() has a category for the error's domain: see category(). Copies refer to the same error. In a
/// fork's child, which cannot read it, it still says its domain, and what code() has of its code.
class error : public std::system_error {
public:
  /// What a call answered, as an error of domain "tenon".
  TENON_TAG explicit error(tenon_status_t status)
      : error("tenon", status, tenon_status_string(status)) {}

  /// An error of one's own: see tenon_error_create(). What is no UTF-8 in a text becomes U+FFFD, and
  /// a domain that is empty or nullptr "unknown". Without memory for it, it has no handle, and says
  /// so: TENON_STATUS_NO_RESOURCES. In a fork's child it has none either, and says all but the cause.
  TENON_TAG error(const char *domain, std::int64_t code, const char *message,
                  const error *cause = nullptr)
      : error(created(domain, code, message, cause ? cause->handle_ : nullptr)) {}

  error(const error &other) noexcept : system_error(other), handle_(other.handle_) {
    if (handle_ && tenon_error_retain(handle_) != TENON_STATUS_OK)
      handle_ = nullptr;
  }

  error &operator=(const error &other) noexcept {
    error copy(other);
    system_error::operator=(copy);
    std::swap(handle_, copy.handle_);
    return *this;
  }

  ~error() override { tenon_error_release(handle_); }

  /// Takes over a reference from C.
  TENON_TAG [[nodiscard]] static error adopt(tenon_error_t *handle) { return error(handle); }

  /// The handle, lent for as long as this object lives; nullptr if there is none.
  [[nodiscard]] tenon_error_t *handle() const noexcept { return handle_; }

  [[nodiscard]] const char *domain() const noexcept {
    const char *domain;
    if (tenon_error_get_domain(handle_, &domain) == TENON_STATUS_OK)
      return domain;
    return code().category() == std::generic_category() ? "errno" : code().category().name();
  }

  /// The code as it is in the domain; code().value() is what of it fits into an int.
  [[nodiscard]] std::int64_t value() const noexcept {
    std::int64_t found;
    return tenon_error_get_code(handle_, &found) == TENON_STATUS_OK ? found : code().value();
  }

  [[nodiscard]] const char *what() const noexcept override {
    const char *message;
    if (tenon_error_get_message(handle_, &message) == TENON_STATUS_OK)
      return message;
    if (std::strcmp(domain(), "tenon") == 0)
      return tenon_status_string(static_cast<tenon_status_t>(code().value()));
    return system_error::what();
  }

  TENON_TAG [[nodiscard]] std::optional<error> cause() const {
    tenon_error_t *cause = nullptr;
    if (tenon_error_copy_cause(handle_, &cause) != TENON_STATUS_OK || !cause)
      return std::nullopt;
    return error(cause);
  }

protected:
  TENON_TAG explicit error(tenon_error_t *handle)
      : system_error(error_code_of(handle)), handle_(handle) {}

private:
  /// A handle, and what is said where it cannot be read.
  struct made {
    std::system_error base;
    tenon_error_t *handle;
  };

  TENON_TAG explicit error(const made &from) : system_error(from.base), handle_(from.handle) {}

  TENON_TAG static made created(const char *domain, std::int64_t code, const char *message,
                                tenon_error_t *cause) {
    tenon_status_t status;
    tenon_error_t *const handle = detail::error_in_utf8(
        domain, message, status, [&](const char *in, const char *text, tenon_error_t **out) {
          return tenon_error_create(in, code, text, cause, out);
        });
    if (status == TENON_STATUS_FORKED)
      return {{error_code_in(domain && *domain ? domain : "unknown", code), message ? message : ""},
              nullptr};
    return {std::system_error(error_code_of(handle)), handle};
  }

  TENON_TAG static std::error_code error_code_of(tenon_error_t *handle) {
    const char *domain;
    std::int64_t code;
    tenon_status_t status = tenon_error_get_domain(handle, &domain);
    if (status == TENON_STATUS_OK)
      status = tenon_error_get_code(handle, &code);
    if (status == TENON_STATUS_OK)
      return error_code_in(domain, code);
    return error_code_in("tenon",
                         status == TENON_STATUS_FORKED ? status : TENON_STATUS_NO_RESOURCES);
  }

  TENON_TAG static std::error_code error_code_in(const char *domain, std::int64_t code) {
    constexpr std::int64_t low = std::numeric_limits<int>::min(),
                           high = std::numeric_limits<int>::max();
    return {static_cast<int>(code < low ? low : code > high ? high : code), category(domain)};
  }

  tenon_error_t *handle_;
};

/// The work has ended because somebody asked it to. Thrown out of a producer, it makes the future
/// cancelled.
class cancelled : public error {
public:
  TENON_TAG cancelled() : error(TENON_STATUS_CANCELLED) {}
};

#pragma GCC visibility pop

#if !TENON_HAS_RTTI
} // namespace without_rtti
#endif

namespace detail {
inline namespace TENON_VARIANT {

template <class Exception> [[noreturn]] inline void raise(const Exception &exception) {
#if TENON_HAS_EXCEPTIONS
  throw exception;
#else
  static_cast<void>(exception);
  std::terminate();
#endif
}

[[noreturn, gnu::cold, gnu::noinline]] inline void raise(std::future_errc code) {
  raise(std::future_error(code));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void raise(tenon_status_t status) {
  switch (status) {
  case TENON_STATUS_NO_RESOURCES:
    raise(std::bad_alloc());
  case TENON_STATUS_CANCELLED:
    raise(cancelled());
  default:
    raise(error(status));
  }
}

/// Throws unless a call succeeded; a positive status is no error.
inline void require(tenon_status_t status) {
  if (status < TENON_STATUS_OK)
    raise(status);
}

/// What a tenon_..._copy_... function gives for a handle, if it gives something.
template <class Handle>
[[nodiscard]] std::optional<error> error_from(tenon_status_t (*copy)(Handle *, tenon_error_t **),
                                              Handle *handle) {
  tenon_error_t *found = nullptr;
  if (copy(handle, &found) != TENON_STATUS_OK)
    return std::nullopt;
  return error::adopt(found);
}

/// Throws what an error stands for, and gives its reference back.
[[noreturn]] void raise_owned(tenon_error_t *handle);

/// Throws what a settled future without a value ended with.
[[noreturn, gnu::cold, gnu::noinline]] inline void raise_end_of(tenon_future_t *future,
                                                                tenon_status_t status) {
  if (status != TENON_STATUS_REJECTED)
    raise(status);
  tenon_error_t *handle = nullptr;
  require(tenon_future_copy_error(future, &handle));
  raise_owned(handle);
}

} // namespace TENON_VARIANT
} // namespace detail
} // namespace tenon

#include <tenon/exception.hpp>

#endif // TENON_ERROR_HPP
