/// @file tenon/uv/core.hpp
///
/// What the operations of tenon/uv.hpp share: one object for each executor, which knows the loop and what is open on
/// it, and answers what other threads ask for. For their own use.
#ifndef TENON_UV_CORE_HPP
#define TENON_UV_CORE_HPP

#include <tenon/adapter.h>
#include <tenon/uv/handle.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

/// By which other threads wake the loop: a descriptor of our own, since writing to it is right whatever the host
/// has done to its loop by then.
class waker final : public open_handle {
public:
  using open_handle::open_handle;

  int begin(uv_loop_t *loop, int fd);

private:
  void tell(const error &) noexcept override {}
};

/// Has everything let go of in a fork's child whose loop goes on: in the loop's first turn there, before it reads or
/// writes something that is the parent's.
class leaver final : public open_handle {
public:
  using open_handle::open_handle;

  void begin(uv_loop_t *loop) {
    uv_prepare_init(loop, &raw_.prepare);
    begun();
    uv_unref(base());
  }

  /// While the child begins: uses memory only.
  void start() noexcept;

private:
  void tell(const error &) noexcept override {}
};

/// What an executor's loop has of ours. All but the questions belongs to the loop's thread.
class core final : public asked, public std::enable_shared_from_this<core> {
public:
  /// The executor's, which it keeps until it begins to close.
  static std::shared_ptr<core> of(tenon_executor_t *of) {
    uv_loop_t *loop = nullptr;
    detail::require(tenon_uv_get_loop(of, &loop));
    registry &all = cores();
    const std::lock_guard lock(all.mutex);
    for (const auto &known : all.known)
      if (known->executor_.handle() == of)
        return known;
    all.watch_forks();
    detail::require(tenon_executor_retain(of));
    auto made = std::make_shared<core>(tenon::executor::adopt(of), loop);
    all.known.push_back(made);
    return made;
  }

  core(tenon::executor &&runs, uv_loop_t *loop)
      : executor_(std::move(runs)), loop_(loop), fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0)
      detail::raise(uv_error(-errno));
  }
  ~core() override { ::close(fd_); }

  [[nodiscard]] tenon_executor_t *executor() const noexcept { return executor_; }
  [[nodiscard]] uv_loop_t *loop() const noexcept { return loop_; }
  [[nodiscard]] bool is_current() const noexcept { return executor_.is_current(); }

  /// What streams are read into: it is used between libuv's asking for memory and the callback that follows, so one
  /// does for all, and a stream that waits needs none.
  [[nodiscard]] std::array<char, 65536> &read_block() {
    if (!read_block_)
      read_block_.reset(new std::array<char, 65536>);
    return *read_block_;
  }

  /// Whether an operation can begin; if not, `why` says it.
  bool opens(std::optional<error> &why) {
    if (!is_closed_ && !waker_)
      begin(why);
    thread_ = std::this_thread::get_id();
    if (!why && (is_closed_ || !waker_->is_open()))
      why.emplace(TENON_STATUS_CLOSED);
    return !why;
  }

  /// Has it done on the loop's thread: at once if this is it, else soon. Any thread; not any more when all is closed,
  /// nor in a fork's child, where a thread that is gone may have the mutex.
  void ask(std::shared_ptr<asked> what) noexcept {
    if (is_in_child())
      return;
    if (is_current()) {
      what->do_asked();
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      if (ends_ || what->is_waiting_)
        return;
      what->is_waiting_ = true;
      what->next_ = std::move(first_);
      first_ = std::move(what);
    }
    const std::uint64_t one = 1;
    while (::write(fd_, &one, sizeof one) < 0 && errno == EINTR)
      continue;
  }

  /// How many handles of ours are open, those of this object aside.
  [[nodiscard]] std::size_t count() const noexcept { return count_ - (waker_ ? 2 : 0); }

  /// Whether this process was forked from the one that has the loop.
  [[nodiscard]] static bool is_in_child() noexcept { return cores().is_in_child; }

  void add(open_handle *handle) noexcept {
    handle->next_ = open_;
    if (open_)
      open_->previous_ = handle;
    open_ = handle;
    count_++;
  }

  void remove(open_handle *handle) noexcept {
    if (handle->next_)
      handle->next_->previous_ = handle->previous_;
    (handle->previous_ ? handle->previous_->next_ : open_) = handle->next_;
    count_--;
  }

  /// What other threads have asked for.
  void answer() noexcept {
    thread_ = std::this_thread::get_id();
    std::uint64_t count = 0;
    while (::read(fd_, &count, sizeof count) < 0 && errno == EINTR)
      continue;
    for (std::shared_ptr<asked> all = take_all(); all;)
      take(all)->do_asked();
  }

  /// In a fork's child, in the first turn of its loop.
  void leave() noexcept {
    const auto self = shared_from_this();
    const error why(TENON_STATUS_FORKED);
    for (open_handle *handle = open_; handle;) {
      open_handle *const next = handle->next_;
      handle->leave(why);
      handle = next;
    }
  }

private:
  struct registry {
    std::mutex mutex; // also guards each one's `leaver_`; held across forks
    std::vector<std::shared_ptr<core>> known;
    bool watches_forks = false;
    std::atomic<bool> is_in_child{false};

    void watch_forks() {
      if (watches_forks)
        return;
      if (const int code =
              ::pthread_atfork([] { cores().mutex.lock(); }, [] { cores().mutex.unlock(); },
                               [] { cores().did_fork(); }))
        detail::raise(uv_error(-code));
      watches_forks = true;
    }

    /// In the child: it must not take the parent's wakes.
    void did_fork() noexcept {
      is_in_child = true;
      for (const auto &one : known) {
        tenon__replace_fd(one->fd_, ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (one->leaver_)
          one->leaver_->start();
      }
      mutex.unlock();
    }
  };
  static registry &cores() {
    static auto *all = new registry; // for threads that outlive main()
    return *all;
  }

  std::shared_ptr<asked> take_all() noexcept {
    const std::lock_guard lock(mutex_);
    return std::move(first_);
  }

  /// The first of those that were taken. From now on it may be asked again.
  std::shared_ptr<asked> take(std::shared_ptr<asked> &all) noexcept {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<asked> one = std::move(all);
    all = std::move(one->next_);
    one->is_waiting_ = false;
    return one;
  }

  void begin(std::optional<error> &why) {
    auto made = std::make_shared<waker>(shared_from_this());
    if (const int code = made->begin(loop_, fd_)) {
      made->close(uv_error(code));
      why.emplace(uv_error(code));
      return;
    }
    waker_ = std::move(made);
    auto leaves = std::make_shared<leaver>(shared_from_this());
    leaves->begin(loop_);
    {
      const std::lock_guard lock(cores().mutex);
      leaver_ = std::move(leaves);
    }
    tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
    config.executor = executor_;
    tenon_status_t status = tenon_promise_create(&config, &watch_, &watched_);
    if (status == TENON_STATUS_OK) {
      self_ = shared_from_this();
      // On the thread that begins the close, as an executor that is closing would not be told.
      status = tenon_promise_on_cancel(watch_, nullptr, &told, this, nullptr);
    }
    if (status == TENON_STATUS_OK)
      return;
    why.emplace(status == TENON_STATUS_CANCELLED ? TENON_STATUS_CLOSED : status);
    do_asked();
  }

  static void told(void *context, tenon_status_t status) noexcept {
    detail::taken();
    const auto self = static_cast<core *>(context)->shared_from_this();
    if (status != TENON_STATUS_CANCELLED)
      return;
    // At once where that is possible: a host may close all handles next, and then nobody answers.
    if (self->thread_ == std::this_thread::get_id())
      self->do_asked();
    else
      self->ask(self);
  }

  /// The executor has begun to close: so does everything that is open, while tasks that wait can still be told.
  void do_asked() noexcept override {
    if (std::exchange(is_closed_, true))
      return;
    const auto self = shared_from_this();
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    for (std::shared_ptr<asked> dropped = take_all(); dropped;)
      take(dropped);
    {
      registry &all = cores();
      const std::lock_guard lock(all.mutex);
      leaver_.reset(); // libuv has it until it is closed
      for (auto known = all.known.begin(); known != all.known.end(); ++known)
        if (known->get() == this) {
          all.known.erase(known);
          break;
        }
    }
    const error why(TENON_STATUS_CLOSED);
    for (open_handle *handle = open_; handle;) {
      open_handle *const next = handle->next_;
      handle->close(why);
      handle = next;
    }
    waker_.reset();
    tenon_promise_cancel(std::exchange(watch_, nullptr));
    tenon_future_release(std::exchange(watched_, nullptr));
    self_.reset();
  }

  const tenon::executor executor_;
  uv_loop_t *const loop_;
  const int fd_;
  std::unique_ptr<std::array<char, 65536>> read_block_;
  std::shared_ptr<waker> waker_;
  std::shared_ptr<leaver> leaver_;
  tenon_promise_t *watch_ = nullptr; ///< which the close cancels
  tenon_future_t *watched_ = nullptr;
  std::shared_ptr<core> self_; ///< while there is such a promise
  open_handle *open_ = nullptr;
  std::size_t count_ = 0;
  bool is_closed_ = false;
  std::atomic<std::thread::id> thread_{}; ///< the loop's, when it did something of ours last

  std::mutex mutex_; // guards what follows
  std::shared_ptr<asked> first_;
  bool ends_ = false;
};

inline void open_handle::begun() {
  phase_ = phase::open;
  base()->data = this;
  self_ = shared_from_this();
  core_->add(this);
}

inline void open_handle::close(const error &why) {
  if (phase_ != phase::open)
    return;
  const auto self = shared_from_this();
  phase_ = phase::closing;
  tell(why);
  if (uv_is_closing(base())) {
    keep();
    finish();
  } else
    uv_close(base(), [](uv_handle_t *raw) { static_cast<open_handle *>(raw->data)->finish(); });
}

inline void open_handle::finish() noexcept {
  phase_ = phase::closed;
  const auto waiters = std::move(waiters_);
  for (const auto &waiter : waiters)
    waiter->closed();
  core_->remove(this);
  if (!is_kept_) {
    const auto last = std::move(self_);
  }
}

inline void leaver::start() noexcept {
  if (is_open())
    uv_prepare_start(&raw_.prepare, [](uv_prepare_t *raw) { behind<leaver>(raw)->core_->leave(); });
}

inline int waker::begin(uv_loop_t *loop, int fd) {
  if (const int code = uv_poll_init(loop, &raw_.poll, fd))
    return code;
  begun();
  uv_unref(base());
  return uv_poll_start(&raw_.poll, UV_READABLE,
                       [](uv_poll_t *raw, int, int) { behind<waker>(raw)->core_->answer(); });
}

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

#endif // TENON_UV_CORE_HPP
