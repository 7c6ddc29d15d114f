/// @file tenon/inspect/snapshot.hpp
///
/// snapshot: what there is in this process, and why something is not done.
#ifndef TENON_INSPECT_SNAPSHOT_HPP
#define TENON_INSPECT_SNAPSHOT_HPP

#include <tenon/error.hpp>
#include <tenon/inspect.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

/// Something that there was. Its texts are the snapshot's; docs/inspect-schema.md has the words.
struct snapshot_node {
  std::uint64_t id = 0; ///< a handle's bits, or an address: the same while the thing lives
  std::string_view kind;
  std::string_view title;
  std::optional<std::string_view> name;
  std::string_view state;
  std::optional<std::string_view> detail;
  std::optional<std::string_view> cause;    ///< why it waits, where that is the end of the matter
  std::optional<std::string_view> function; ///< what it is in, or goes on with
  std::optional<std::string_view> source;   ///< where it was named
  std::optional<std::chrono::nanoseconds> age; ///< how long it has been there at least
  std::vector<std::uint64_t> frames;           ///< code addresses, innermost first
  bool is_call = false;                        ///< of a future: a Swift call makes it
};

/// What one has to do with another.
struct snapshot_edge {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string_view relation;
  bool is_wait = false; ///< `from` is not done before `to` is, or does something
};

/// Why something is not done. It stays when the snapshot is gone.
struct explanation {
  std::string text;                       ///< for people: a line for each, and the cause
  std::vector<std::uint64_t> chain;       ///< what was asked about, what that waits for, and so on
  std::optional<std::size_t> cycle_start; ///< where in the chain the deadlock begins, if it is one

  [[nodiscard]] bool is_deadlock() const noexcept { return cycle_start.has_value(); }
};

/// All of a snapshot as one text.
enum class snapshot_format : std::int32_t {
  tree = TENON_SNAPSHOT_TREE, ///< as `tenon ps` prints it
  why = TENON_SNAPSHOT_WHY,   ///< as `tenon why` prints it: deadlocks first
  json = TENON_SNAPSHOT_JSON, ///< as `tenon why --json` prints it
};

namespace detail {
inline namespace TENON_VARIANT {

inline std::optional<std::string_view> known(const char *text) noexcept {
  return text ? std::optional<std::string_view>(text) : std::nullopt;
}

inline snapshot_node from_c(const tenon_snapshot_node_t &c) {
  snapshot_node node;
  node.id = c.id;
  node.kind = c.kind;
  node.title = c.title;
  node.name = known(c.name);
  node.state = c.state;
  node.detail = known(c.detail);
  node.cause = known(c.cause);
  node.function = known(c.function);
  node.source = known(c.source);
  if (c.age_ns != 0)
    node.age = std::chrono::nanoseconds(static_cast<std::int64_t>(c.age_ns));
  node.frames.assign(c.frames, c.frames + c.frame_count);
  node.is_call = c.is_call;
  return node;
}

inline snapshot_edge from_c(const tenon_snapshot_edge_t &c) noexcept {
  return {c.from, c.to, c.relation, c.is_wait};
}

/// All nodes, or all edges, of a snapshot: each is read when it is come to, so that a step may throw.
template <class T, class C, auto get> class snapshot_range {
public:
  class iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T *;
    using reference = const T &;

    iterator() = default;
    explicit iterator(tenon_snapshot_t *snapshot) : snapshot_(snapshot) { read(); }

    reference operator*() const noexcept { return *item_; }
    pointer operator->() const noexcept { return &*item_; }
    iterator &operator++() {
      index_++;
      read();
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator &one, const iterator &other) noexcept {
      return one.item_.has_value() == other.item_.has_value() &&
             (!one.item_ || one.index_ == other.index_);
    }
    friend bool operator!=(const iterator &one, const iterator &other) noexcept {
      return !(one == other);
    }

  private:
    void read() {
      C c{};
      c.struct_size = sizeof c;
      const tenon_status_t status = get(snapshot_, index_, &c);
      require(status);
      if (status == TENON_STATUS_OK)
        item_ = from_c(c);
      else
        item_.reset();
    }

    tenon_snapshot_t *snapshot_ = nullptr;
    std::size_t index_ = 0;
    std::optional<T> item_;
  };

  explicit snapshot_range(tenon_snapshot_t *snapshot) noexcept : snapshot_(snapshot) {}

  [[nodiscard]] iterator begin() const { return iterator(snapshot_); }
  [[nodiscard]] iterator end() const noexcept { return {}; }

private:
  tenon_snapshot_t *snapshot_;
};

using snapshot_nodes =
    snapshot_range<snapshot_node, tenon_snapshot_node_t, &tenon_snapshot_get_node>;
using snapshot_edges =
    snapshot_range<snapshot_edge, tenon_snapshot_edge_t, &tenon_snapshot_get_edge>;

} // namespace TENON_VARIANT
} // namespace detail

/// What there was in this process, and what of it waited for what: tenon_snapshot_t. Nothing in it changes, and any
/// threads may read from it. One that was moved from answers TENON_STATUS_INVALID.
class [[nodiscard]] snapshot {
public:
  /// Looks at what there is: from any thread, also one that a loop is stuck on, and inside of callbacks. Throws as
  /// tenon_snapshot_take() answers.
  TENON_TAG [[nodiscard]] static snapshot take(const tenon_snapshot_config_t *config = nullptr) {
    tenon_snapshot_t *handle = nullptr;
    detail::require(tenon_snapshot_take(config, &handle));
    return adopt(handle);
  }

  /// The same, and the answer is a status; `out` is left alone if there is no snapshot.
  [[nodiscard]] static tenon_status_t
  try_take(std::optional<snapshot> &out, const tenon_snapshot_config_t *config = nullptr) noexcept {
    tenon_snapshot_t *handle = nullptr;
    const tenon_status_t status = tenon_snapshot_take(config, &handle);
    if (status == TENON_STATUS_OK)
      out = adopt(handle);
    return status;
  }

  /// Takes over a snapshot from C.
  [[nodiscard]] static snapshot adopt(tenon_snapshot_t *handle) noexcept {
    return snapshot(handle);
  }

  snapshot(snapshot &&other) noexcept : handle_(other.release()) {}
  snapshot &operator=(snapshot &&other) noexcept {
    snapshot moved(std::move(other));
    std::swap(handle_, moved.handle_);
    return *this;
  }
  ~snapshot() {
    if (handle_)
      tenon_snapshot_release(handle_);
  }

  [[nodiscard]] tenon_snapshot_t *handle() const noexcept { return handle_; }

  /// Gives it away.
  [[nodiscard]] tenon_snapshot_t *release() noexcept { return std::exchange(handle_, nullptr); }

  /// All that there was, to go through once or more often.
  TENON_TAG [[nodiscard]] detail::snapshot_nodes nodes() const &noexcept {
    return detail::snapshot_nodes(handle_);
  }
  void nodes() const && = delete; // what it gives would be gone

  /// What of it had to do with what.
  TENON_TAG [[nodiscard]] detail::snapshot_edges edges() const &noexcept {
    return detail::snapshot_edges(handle_);
  }
  void edges() const && = delete;

  /// The node of a handle, or with an id; none, if what it names was done.
  TENON_TAG [[nodiscard]] std::optional<snapshot_node> find_node(const void *handle) const & {
    tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
    const tenon_status_t status = tenon_snapshot_find_node(handle_, handle, &node);
    detail::require(status);
    return status == TENON_STATUS_OK ? std::optional(detail::from_c(node)) : std::nullopt;
  }
  TENON_TAG [[nodiscard]] std::optional<snapshot_node> find_node(std::uint64_t id) const & {
    return find_node(pointer(id));
  }
  template <class Object, class = decltype(std::declval<const Object &>().handle())>
  TENON_TAG [[nodiscard]] std::optional<snapshot_node> find_node(const Object &object) const & {
    return find_node(static_cast<const void *>(object.handle()));
  }
  template <class Any> void find_node(const Any &) const && = delete;

  /// Why what a handle names, or a tenon::future or whatever else has one, is not done; none, if it was.
  TENON_TAG [[nodiscard]] std::optional<explanation> explain(const void *handle) const {
    tenon_explanation_t why = TENON_EXPLANATION_INIT;
    const tenon_status_t status = tenon_snapshot_explain(handle_, handle, &why);
    detail::require(status);
    if (status != TENON_STATUS_OK)
      return std::nullopt;
    explanation made{why.text, {why.chain, why.chain + why.count}, std::nullopt};
    if (why.is_deadlock)
      made.cycle_start = why.cycle_start;
    return made;
  }
  TENON_TAG [[nodiscard]] std::optional<explanation> explain(std::uint64_t id) const {
    return explain(pointer(id));
  }
  template <class Object, class = decltype(std::declval<const Object &>().handle())>
  TENON_TAG [[nodiscard]] std::optional<explanation> explain(const Object &object) const {
    return explain(static_cast<const void *>(object.handle()));
  }

  /// All of it as one text.
  TENON_TAG [[nodiscard]] std::string text(snapshot_format format) const {
    const char *text = nullptr;
    std::size_t size = 0;
    detail::require(
        tenon_snapshot_get_text(handle_, static_cast<tenon_snapshot_format>(format), &text, &size));
    return {text, size};
  }

private:
  explicit snapshot(tenon_snapshot_t *handle) noexcept : handle_(handle) {}

  static const void *pointer(std::uint64_t id) noexcept {
    return reinterpret_cast<const void *>(static_cast<std::uintptr_t>(id));
  }

  tenon_snapshot_t *handle_;
};

} // namespace tenon

#endif // TENON_INSPECT_SNAPSHOT_HPP
