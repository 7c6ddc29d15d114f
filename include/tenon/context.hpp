/// @file tenon/context.hpp
///
/// tenon::context: what calls carry beside their arguments, over tenon/context.h.
///
///     tenon::context context{{"traceparent", parent}};
///     auto order = context.run([&] { return shop::order(executor, item); });
///
/// Swift reads it as CallContext.current, and what Swift calls has it, too:
///
///     auto parent = tenon::context::value("traceparent");     nothing, if there is none
///
/// A trace has a type of its own: trace_context.hpp.
#ifndef TENON_CONTEXT_HPP
#define TENON_CONTEXT_HPP

#include <tenon/context.h>
#include <tenon/exception.hpp>
#include <tenon/trace_context.hpp>
#include <tenon/value.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

/// How urgent a call is: as tenon_priority_t.
enum class priority : std::int32_t {
  unspecified = TENON_PRIORITY_DEFAULT, ///< as it was outside
  background = TENON_PRIORITY_BACKGROUND,
  low = TENON_PRIORITY_LOW,
  medium = TENON_PRIORITY_MEDIUM,
  high = TENON_PRIORITY_HIGH,
};

namespace detail {
inline namespace TENON_VARIANT {

/// Calls a function through C, which an exception must not cross, and keeps what comes of it.
template <class F, class R> struct context_call {
  F &function;
  std::optional<std::conditional_t<std::is_void_v<R>, char, R>> result{};
#if TENON_HAS_EXCEPTIONS
  std::exception_ptr exception{};
#endif

  static void run(void *argument) noexcept {
    auto &self = *static_cast<context_call *>(argument);
#if TENON_HAS_EXCEPTIONS
    try {
      self.call();
    } catch (...) {
      self.exception = std::current_exception();
    }
#else
    self.call();
#endif
  }

  void call() {
    if constexpr (std::is_void_v<R>)
      function();
    else
      result.emplace(function());
  }
};

} // namespace TENON_VARIANT
} // namespace detail

class context {
public:
  context() = default;
  context(std::initializer_list<std::pair<std::string, std::string>> values) {
    for (const auto &[name, text] : values)
      set(name, text);
  }

  explicit context(const trace_context &trace) : trace_(trace) {}

  /// Sets the trace, instead of the texts `traceparent` and `tracestate`.
  context &set_trace(const trace_context &trace) {
    trace_ = trace;
    return *this;
  }

  /// Sets a text: names are UTF-8 without NUL, and so are texts.
  context &set(std::string name, std::string text) {
    values_.push_back({std::move(name), std::move(text)});
    return *this;
  }

  /// Inside there is none of that name, whatever there is outside.
  context &remove(std::string name) {
    values_.push_back({std::move(name), std::nullopt});
    return *this;
  }

  context &set_priority(priority priority) noexcept {
    priority_ = priority;
    return *this;
  }

  /// Calls f(), here and now, and returns what it returns: what it starts on this thread has this context. Inside of another one it
  /// adds to that one. A coroutine has it until it waits for the first time, and the calls that it has started by then keep it.
  ///
  /// Throws what f throws, and tenon::error as tenon_context_run() answers: then f was not called.
  template <class F> TENON_TAG auto run(F &&f) const -> std::decay_t<decltype(f())> {
    using R = std::decay_t<decltype(f())>;
    std::vector<tenon_context_value_t> values;
    values.reserve(values_.size());
    for (const auto &value : values_) {
      if (has_nul(value.name) || (value.text && has_nul(*value.text)))
        detail::raise(TENON_STATUS_INVALID); // or C would see the beginning only
      values.push_back({value.name.c_str(), value.text ? value.text->c_str() : nullptr});
    }
    tenon_context_t carried = TENON_CONTEXT_INIT;
    carried.priority = static_cast<tenon_priority_t>(priority_);
    carried.values = values.data();
    carried.value_count = values.size();
    carried.trace = trace_ ? &trace_->c_value() : nullptr;
    using call = detail::context_call<std::remove_reference_t<F>, R>;
    call made{f};
    detail::require(tenon_context_run(&carried, &call::run, &made));
#if TENON_HAS_EXCEPTIONS
    if (made.exception)
      std::rethrow_exception(std::move(made.exception));
#endif
    if constexpr (!std::is_void_v<R>)
      return std::move(*made.result);
  }

  /// The text of that name in the context that this is called with, if there is one.
  TENON_TAG [[nodiscard]] static std::optional<std::string> value(const char *name) {
    detail::owned_value found;
    detail::require(tenon_context_get_value(name, &found.value));
    if (found.value.kind == TENON_VALUE_NONE)
      return std::nullopt;
    return detail::traits<std::string>::take(found.value);
  }

private:
  struct entry {
    std::string name;
    std::optional<std::string> text;
  };

  static bool has_nul(const std::string &text) noexcept {
    return text.find('\0') != std::string::npos;
  }

  std::vector<entry> values_;
  std::optional<trace_context> trace_;
  priority priority_ = priority::unspecified;
};

} // namespace tenon

#endif // TENON_CONTEXT_HPP
