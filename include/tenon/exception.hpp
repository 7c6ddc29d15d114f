/// @file tenon/exception.hpp
///
/// Exceptions inside of errors: std::exception_ptr to tenon_error_t and back.
///
/// Swift and C see domain "cxx.<type>", the message of what(), and the code of a std::system_error.
#ifndef TENON_EXCEPTION_HPP
#define TENON_EXCEPTION_HPP

#include <tenon/error.hpp>
#include <tenon/shared.hpp>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <typeinfo>

#if TENON_HAS_RTTI && __has_include(<cxxabi.h>)
#include <cxxabi.h>
#endif

namespace tenon::detail {
inline namespace TENON_VARIANT {

/// The exception that travels in an error, if one does. Borrows the handle.
inline std::exception_ptr exception_inside(tenon_error_t *handle) noexcept {
  void *payload = nullptr;
  if (tenon_error_get_payload(handle, mark<std::exception_ptr>(), &payload) != TENON_STATUS_OK)
    return nullptr;
  taken();
  return *static_cast<std::exception_ptr *>(payload);
}

inline bool means(const error &error, tenon_status_t status) noexcept {
  return error.value() == status && std::strcmp(error.domain(), "tenon") == 0;
}

/// Whoever fails: `error`, or, if there was no memory for one, that. Borrows it.
template <class Fail> tenon_status_t fail_with(tenon_error_t *error, Fail fail) noexcept {
  return error ? fail(error) : fail(tenon::error(TENON_STATUS_NO_RESOURCES).handle());
}

/// Rejects, and consumes the promise whatever the error is: without a handle it is a broken one.
inline tenon_status_t reject(tenon_promise_t *promise, tenon_error_t *error) noexcept {
  const tenon_status_t status =
      fail_with(error, [&](tenon_error_t *why) { return tenon_promise_reject(promise, why); });
  return status == TENON_STATUS_OK || status == TENON_STATUS_ALREADY_SETTLED
             ? status
             : tenon_promise_release(promise);
}

/// How the errors of a domain are thrown, for headers that have a class for them. Made before main().
struct error_domain {
  const char *name;
  void (*raise)(const error &error);
  error_domain *next;
  static inline error_domain *first = nullptr;

  error_domain(const char *domain, void (*thrower)(const error &)) noexcept
      : name(domain), raise(thrower), next(first) {
    first = this;
  }
};

[[noreturn, gnu::cold, gnu::noinline]] inline void raise_owned(tenon_error_t *handle) {
  const error error = error::adopt(handle);
#if TENON_HAS_EXCEPTIONS
  if (std::exception_ptr exception = exception_inside(handle))
    std::rethrow_exception(std::move(exception));
#endif
  if (means(error, TENON_STATUS_STALE))
    raise(std::future_errc::broken_promise);
  if (means(error, TENON_STATUS_CANCELLED))
    raise(cancelled());
  for (const error_domain *known = error_domain::first; known; known = known->next)
    if (std::strcmp(known->name, error.domain()) == 0)
      known->raise(error);
  raise(error);
}

#if TENON_HAS_EXCEPTIONS

/// Takes the namespaces that standard libraries hide out of a name: std::__1::, std::__cxx11::.
inline void unhide(std::string &name) {
  for (const char *hidden : {"std::__1::", "std::__cxx11::"})
    for (std::size_t at; (at = name.find(hidden)) != std::string::npos;)
      name.replace(at, std::strlen(hidden), "std::");
}

/// The type of the exception that is being handled; nullptr: not known. Not by typeid of the object:
/// a class that a unit without RTTI made does not know its type.
inline const std::type_info *type_of_current_exception() noexcept {
#if TENON_HAS_RTTI && __has_include(<cxxabi.h>)
  return abi::__cxa_current_exception_type();
#else
  return nullptr;
#endif
}

/// The type's name as it is written, after "cxx.", of the exception that is being handled.
inline std::string domain_of([[maybe_unused]] const std::exception *exception) {
#if TENON_HAS_RTTI && __has_include(<cxxabi.h>)
  const std::type_info *const type = type_of_current_exception();
  if (exception && type) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void *)> name(
        abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
    if (name) {
      std::string domain = std::string("cxx.") + name.get();
      unhide(domain);
      return domain;
    }
  }
#endif
  return exception ? "cxx.std::exception" : "cxx.exception";
}

/// Puts an exception into an error; nullptr: no memory.
inline tenon_error_t *error_with(const std::exception_ptr &exception, const std::exception *base,
                                 std::int64_t code) noexcept try {
  auto kept = std::make_unique<std::exception_ptr>(exception);
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.type = mark<std::exception_ptr>();
  payload.pointer = kept.get();
  payload.drop = [](void *pointer) {
    taken();
    delete static_cast<std::exception_ptr *>(pointer);
  };
  given();
  tenon_status_t status;
  tenon_error_t *const handle = error_in_utf8(
      domain_of(base).c_str(), base ? base->what() : "", status,
      [&](const char *domain, const char *message, tenon_error_t **out) {
        return tenon_error_create_with_payload(domain, code, message, nullptr, &payload, out);
      });
  if (handle)
    static_cast<void>(kept.release());
  return handle;
} catch (...) {
  return nullptr;
}

/// Whether what is being handled is one of ours and no class that somebody derived.
inline bool is_plain() noexcept {
#if TENON_HAS_RTTI
  const std::type_info *const type = type_of_current_exception();
  return type && (*type == typeid(tenon::error) || *type == typeid(cancelled));
#else
  return true;
#endif
}

/// Makes an error of an exception, for the caller to release. A tenon::error is its own handle, so
/// that what Swift threw is the same error when it comes back.
inline tenon_error_t *error_of(const std::exception_ptr &exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const error &error) {
    if (is_plain() && tenon_error_retain(error.handle()) == TENON_STATUS_OK)
      return error.handle();
    return error_with(exception, &error, error.value());
  } catch (const std::system_error &error) {
    return error_with(exception, &error, error.code().value());
  } catch (const std::exception &error) {
    return error_with(exception, &error, 0);
  } catch (...) {
    return error_with(exception, nullptr, 0);
  }
}

#endif // TENON_HAS_EXCEPTIONS

} // namespace TENON_VARIANT
} // namespace tenon::detail

#endif // TENON_EXCEPTION_HPP
