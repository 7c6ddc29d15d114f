/// @file tenon/semaphore.hpp
///
/// async_semaphore and async_mutex: as the standard's, but who waits is a task and not a thread.
///
///     tenon::async_semaphore slots(16);
///     const auto slot = co_await slots.acquire();        given back when it goes out of scope
///
///     tenon::async_mutex mutex;
///     const auto lock = co_await mutex.lock();
///
/// Any thread may wait and give back, in any order. Who waits first gets it first. A cancel of the future gives up its
/// place; what was granted to a future that nobody reads is given back. Either may go away before its waiters,
/// which then are rejected with TENON_STATUS_BROKEN.
#ifndef TENON_SEMAPHORE_HPP
#define TENON_SEMAPHORE_HPP

#include <tenon/future.hpp>
#include <tenon/promise.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace tenon {

// NOLINTBEGIN(bugprone-exception-escape): what is left is a mutex that cannot be locked, which terminates.

/// Counts permits. Each is held by one task, or on its way to the one that waited first, or free: and free only while nobody
/// waits. It comes back when its holder lets go of it, on whatever thread, and also after the semaphore has gone.
/// To wait needs memory, and throws without; to grant and to give back needs none.
class async_semaphore {
  struct state;

public:
  /// One of those that the semaphore counts. Gives itself back.
  class [[nodiscard]] permit {
  public:
    permit(permit &&other) noexcept = default;
    permit &operator=(permit &&other) noexcept {
      permit moved(std::move(other));
      std::swap(state_, moved.state_);
      return *this;
    }
    ~permit() { reset(); }

    /// Gives it back now.
    void reset() noexcept {
      if (const std::shared_ptr<state> held = std::move(state_))
        held->give_back();
    }
    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

  private:
    friend class async_semaphore;
    explicit permit(std::shared_ptr<state> from) noexcept : state_(std::move(from)) {}

    std::shared_ptr<state> state_;
  };

  explicit async_semaphore(std::size_t count) : state_(std::make_shared<state>(count)) {}
  async_semaphore(const async_semaphore &) = delete;
  async_semaphore &operator=(const async_semaphore &) = delete;
  ~async_semaphore() { state_->close(); }

  /// A future of a permit, which is there as soon as one is free.
  TENON_TAG [[nodiscard]] future<permit> acquire() {
    promise<permit> granted(std::allocator_arg, std::allocator<permit>()); // no grant needs memory
    future<permit> result = granted.get_future();
    if (std::optional<permit> now = try_acquire()) {
      granted.set_value(std::move(*now));
      return result;
    }
    const std::uint64_t number = state_->reserve();
    granted.on_cancel(nullptr, [weak = std::weak_ptr<state>(state_), number]() noexcept {
      if (const std::shared_ptr<state> alive = weak.lock())
        alive->give_up(number);
    });
    state_->wait(number, std::move(granted));
    return result;
  }

  /// A permit, if one is free and nobody waits for it.
  [[nodiscard]] std::optional<permit> try_acquire() {
    if (!state_->take())
      return std::nullopt;
    return permit(state_);
  }

private:
  struct state : std::enable_shared_from_this<state> {
    explicit state(std::size_t count) : free(count) {}

    bool take() {
      const std::lock_guard lock(mutex);
      if (free == 0 || !waiting.empty())
        return false;
      free--;
      return true;
    }

    std::uint64_t reserve() {
      const std::lock_guard lock(mutex);
      return next++;
    }

    void wait(std::uint64_t number, promise<permit> granted) {
      {
        const std::lock_guard lock(mutex);
        waiting.emplace(number, std::move(granted));
      }
      grant(); // one may have come back meanwhile
    }

    void give_up(std::uint64_t number) noexcept {
      decltype(waiting)::node_type left; // cancelled when the mutex is free
      const std::lock_guard lock(mutex);
      left = waiting.extract(number);
    }

    void give_back() noexcept {
      {
        const std::lock_guard lock(mutex);
        free++;
      }
      grant();
    }

    /// Gives what is free to who waits. Nobody is told under the mutex. What comes back in the middle of that grants in here,
    /// no deeper than callbacks and drop functions are inside one another.
    void grant() noexcept {
      const std::shared_ptr<state> alive = this->shared_from_this(); // whatever is given back
      while (true) {
        decltype(waiting)::node_type first;
        {
          const std::lock_guard lock(mutex);
          if (free == 0 || waiting.empty())
            return;
          free--;
          first = waiting.extract(waiting.begin());
        }
        // Where it is refused, as in a fork's child, the permit comes back.
        static_cast<void>(first.mapped().try_set_value(permit(alive)));
      }
    }

    void close() noexcept {
      std::map<std::uint64_t, promise<permit>> left; // broken when the mutex is free
      const std::lock_guard lock(mutex);
      left.swap(waiting);
    }

    std::mutex mutex; // guards the rest
    std::size_t free;
    std::uint64_t next = 0;
    std::map<std::uint64_t, promise<permit>> waiting; // in their order
  };

  std::shared_ptr<state> state_;
};
// NOLINTEND(bugprone-exception-escape)

/// A semaphore of one: what a task holds across its co_awaits.
class async_mutex {
public:
  using guard = async_semaphore::permit;

  /// A future of the lock, which unlocks when it goes out of scope.
  TENON_TAG [[nodiscard]] future<guard> lock() { return semaphore_.acquire(); }
  [[nodiscard]] std::optional<guard> try_lock() { return semaphore_.try_acquire(); }

private:
  async_semaphore semaphore_{1};
};

} // namespace tenon

#endif // TENON_SEMAPHORE_HPP
