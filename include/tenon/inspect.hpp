/// @file tenon/inspect.hpp
///
/// Seeing inside, over tenon/inspect.h: what there is in this process and why something is not done, being told of what
/// lasts too long, numbers, and what happened last. It is no part of tenon.hpp, as it needs libtenon_inspect besides;
/// pkg-config: tenon and tenon-inspect; CMake: Tenon::cpp and Tenon::inspect.
///
///     if (auto why = tenon::snapshot::take().explain(future))
///       std::cerr << why->text;
///
///     auto watch = tenon::watch::start({.job = 100ms}, [](const tenon::watch_event &event) {
///       if (auto why = event.snapshot ? event.snapshot->explain(event.id) : std::nullopt)
///         std::clog << why->text;
///     });
#ifndef TENON_INSPECT_HPP
#define TENON_INSPECT_HPP

#include <tenon/error.hpp>
#include <tenon/inspect.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
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

/// Throws unless all was written: where it could not be, errno says why.
inline void require_written(tenon_status_t status, int number) {
  if (status == TENON_STATUS_INVALID && number != 0)
    raise(error("errno", number, std::generic_category().message(number).c_str()));
  require(status);
}

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

/// Something that lasts longer than it may.
enum class watch_kind : std::int32_t {
  job = TENON_WATCH_JOB,   ///< an executor, or a thread of a pool, is in one job
  call = TENON_WATCH_CALL, ///< a Swift call has not ended
  wait = TENON_WATCH_WAIT, ///< a callback, a task or a thread waits for a future
};

/// What has lasted too long.
struct watch_event {
  watch_kind kind;
  std::uint64_t id; ///< a node's: the executor, the call's future, what is waited for
  std::optional<std::int32_t> thread; ///< the system's number of the thread in it, if it is known
  std::chrono::nanoseconds duration;  ///< how long at least
  /// What there was then, until the function returns; nullptr: it could not be taken.
  const tenon::snapshot *snapshot;
};

/// How long each may last. Zero: that is not watched.
struct watch_config {
  std::chrono::nanoseconds job{0};  ///< a job, during which its loop does nothing else
  std::chrono::nanoseconds call{0}; ///< a Swift call, while it is suspended too
  std::chrono::nanoseconds wait{0}; ///< a wait for a future
};

/// Has a function told of each job, call and wait that lasts longer than it may, for as long as this lives:
/// tenon_watch_start().
class [[nodiscard]] watch {
public:
  /// Has f(event) called, a const watch_event &, for each thing once, on the watch's own thread, one call after the
  /// other. f may end the watch, too; it may not throw. Throws as tenon_watch_start() answers: TENON_STATUS_INVALID, if
  /// nothing is to be watched, or for less than no time.
  template <class F> TENON_TAG [[nodiscard]] static watch start(const watch_config &config, F f) {
    static_assert(std::is_invocable_v<F &, const watch_event &>,
                  "f is told by f(const tenon::watch_event &)");
    struct telling final : told {
      F f;
      explicit telling(F &&moved)
          : told([](told *self) noexcept { delete static_cast<telling *>(self); }),
            f(std::move(moved)) {}
      static void tell(void *context, const tenon_watch_event_t *event) noexcept {
        detail::taken();
        auto *self = static_cast<telling *>(context);
        self->retain(); // f may end the watch
        snapshot lent = snapshot::adopt(event->snapshot);
        self->f(event_of(*event, lent));
        static_cast<void>(lent.release());
        detail::given();
        self->release();
      }
    };
    tenon_watch_config_t limits = TENON_WATCH_CONFIG_INIT;
    limits.job_ns_max = nanoseconds(config.job);
    limits.call_ns_max = nanoseconds(config.call);
    limits.wait_ns_max = nanoseconds(config.wait);
    auto made = std::make_unique<telling>(std::move(f));
    tenon_watch_t *handle = nullptr;
    detail::given();
    detail::require(tenon_watch_start(&limits, &telling::tell, made.get(), &handle));
    return watch(handle, made.release());
  }

  watch(watch &&other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), told_(std::exchange(other.told_, nullptr)) {
  }
  watch &operator=(watch &&other) noexcept {
    watch moved(std::move(other));
    std::swap(handle_, moved.handle_);
    std::swap(told_, moved.told_);
    return *this;
  }
  ~watch() { end(); }

  /// Nothing is told when this has returned, and f is gone; inside of f, which goes on, nothing after it. Does nothing if
  /// it was ended or moved from, and in a fork's child, which has no such thread.
  void end() noexcept {
    if (!handle_)
      return;
    told *const ended = std::exchange(told_, nullptr);
    // In a fork's child f may be halfway through something for ever: it is left as it is.
    if (tenon_watch_end(std::exchange(handle_, nullptr)) != TENON_STATUS_OK)
      return;
    detail::taken();
    ended->release();
  }

  /// Lent for as long as it is watched; nullptr after that.
  [[nodiscard]] tenon_watch_t *handle() const noexcept { return handle_; }

private:
  /// The function, which is the watch's, and while it is called its own.
  class told {
  public:
    explicit told(void (*end)(told *) noexcept) noexcept : end_(end) {}
    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
      if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
        end_(this);
    }

  protected:
    ~told() = default;

  private:
    void (*const end_)(told *) noexcept;
    std::atomic<unsigned> references_{1};
  };

  watch(tenon_watch_t *handle, told *owned) noexcept : handle_(handle), told_(owned) {}

  TENON_TAG static std::uint64_t nanoseconds(std::chrono::nanoseconds limit) {
    if (limit.count() < 0)
      detail::raise(TENON_STATUS_INVALID);
    return static_cast<std::uint64_t>(limit.count());
  }

  static watch_event event_of(const tenon_watch_event_t &c, const snapshot &lent) noexcept {
    return {static_cast<watch_kind>(c.kind), c.id,
            c.thread != 0 ? std::optional<std::int32_t>(c.thread) : std::nullopt,
            std::chrono::nanoseconds(static_cast<std::int64_t>(c.duration_ns)),
            lent.handle() ? &lent : nullptr};
  }

  tenon_watch_t *handle_;
  told *told_;
};

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

/// How a recording is written.
enum class record_format : std::int32_t {
  chrome = TENON_RECORD_CHROME, ///< Chrome's trace events as JSON, which ui.perfetto.dev opens
};

/// What has happened in this process last, as far as it is recorded: a flight recorder, tenon_record().
namespace record {

inline constexpr std::uint32_t calls = TENON_RECORD_CALLS; ///< when each Swift call begins and ends
inline constexpr std::uint32_t jobs = TENON_RECORD_JOBS; ///< the same of jobs, with their functions

/// Keeps what happens from now on: calls, jobs, or calls | jobs. `bytes` are of each thread's ring, 32 for each thing; 0:
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

#endif // TENON_INSPECT_HPP
