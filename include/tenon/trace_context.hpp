/// @file tenon/trace_context.hpp
///
/// tenon::trace_context: which trace a call belongs to, over tenon/trace_context.h.
///
///     auto span = tenon::trace_context::start();           below the one that this is called with, or a trace of its own
///     auto order = tenon::context(span).run([&] { return shop::order(executor, item); });
///
/// Whoever is called finds the span as its parent: tenon::trace_context::current() in C++, TraceContext.current in Swift.
#ifndef TENON_TRACE_CONTEXT_HPP
#define TENON_TRACE_CONTEXT_HPP

#include <tenon/exception.hpp>
#include <tenon/trace_context.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {

class trace_context {
public:
  using trace_id_type = std::array<std::uint8_t, 16>;
  using span_id_type = std::array<std::uint8_t, 8>;

  /// Starts a span below that which this is called with; without one a trace of its own, which is sampled.
  TENON_TAG [[nodiscard]] static trace_context start() {
    const auto parent = current();
    return start(parent ? &parent->trace_ : nullptr);
  }

  /// Starts a span below this one.
  TENON_TAG [[nodiscard]] trace_context child() const { return start(&trace_); }

  /// That which this is called with, if there is one.
  TENON_TAG [[nodiscard]] static std::optional<trace_context> current() {
    trace_context found;
    detail::require(tenon_trace_context_get_current(&found.trace_));
    return found.trace_id() == trace_id_type{} ? std::nullopt : std::optional(found);
  }

  /// Reads W3C's headers; nothing: `traceparent` breaks the rules. A `tracestate` that does is left out.
  TENON_TAG [[nodiscard]] static std::optional<trace_context>
  parse(const std::string &traceparent, const std::string &tracestate = {}) {
    trace_context read;
    // C would see what is before a NUL only.
    if (has_nul(traceparent) ||
        tenon_trace_context_parse(traceparent.c_str(),
                                  has_nul(tracestate) ? nullptr : tracestate.c_str(),
                                  &read.trace_) != TENON_STATUS_OK)
      return std::nullopt;
    return read;
  }

  /// The header `traceparent`.
  TENON_TAG [[nodiscard]] std::string traceparent() const {
    char text[TENON_TRACEPARENT_SIZE];
    detail::require(tenon_trace_context_format(&trace_, text));
    return text;
  }

  /// The header `tracestate`; empty: there is none.
  [[nodiscard]] std::string_view tracestate() const noexcept { return trace_.state; }

  [[nodiscard]] trace_id_type trace_id() const noexcept {
    trace_id_type id;
    std::memcpy(id.data(), trace_.trace_id, id.size());
    return id;
  }

  [[nodiscard]] span_id_type span_id() const noexcept {
    span_id_type id;
    std::memcpy(id.data(), trace_.span_id, id.size());
    return id;
  }

  [[nodiscard]] bool is_sampled() const noexcept {
    return (trace_.flags & TENON_TRACE_FLAG_SAMPLED) != 0;
  }

  /// For functions of C's.
  [[nodiscard]] const tenon_trace_context_t &c_value() const noexcept { return trace_; }

  friend bool operator==(const trace_context &one, const trace_context &other) noexcept {
    return one.trace_id() == other.trace_id() && one.span_id() == other.span_id() &&
           one.trace_.flags == other.trace_.flags && one.tracestate() == other.tracestate();
  }
  friend bool operator!=(const trace_context &one, const trace_context &other) noexcept {
    return !(one == other);
  }

private:
  trace_context() = default;

  static bool has_nul(const std::string &text) noexcept {
    return text.find('\0') != std::string::npos;
  }

  TENON_TAG static trace_context start(const tenon_trace_context_t *parent) {
    trace_context started;
    detail::require(tenon_trace_context_start(parent, &started.trace_));
    return started;
  }

  tenon_trace_context_t trace_{};
};

} // namespace tenon

#endif // TENON_TRACE_CONTEXT_HPP
