/// @file tenon/uv/operation.hpp
///
/// An operation of libuv's with a future for its result. For the own use of tenon/uv.hpp.
#ifndef TENON_UV_OPERATION_HPP
#define TENON_UV_OPERATION_HPP

#include <tenon/uv/core.hpp>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

/// It begins, is cancelled and ends on the loop's thread.
template <class T>
class operation : public asked, public std::enable_shared_from_this<operation<T>> {
public:
  explicit operation(std::shared_ptr<core> where)
      : core_(std::move(where)), result_(core_->executor()) {}

  /// From any thread: at once in a job of the loop's executor, otherwise in a poll soon.
  static future<T> start(std::shared_ptr<operation> self) {
    future<T> result = self->result_.get_future();
    const bool is_here = self->core_->is_current();
    if (is_here)
      self->run(TENON_STATUS_OK);
    if (!self->has_ended_)
      self->listen(self);
    if (!is_here)
      self->post(self);
    return result;
  }

  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }

  /// Ends with what make() returns, or throws.
  template <class Make> void succeed(Make &&make) noexcept {
    if (!std::exchange(has_ended_, true))
      detail::settle_by(result_, std::forward<Make>(make));
  }

  /// Ends with bytes, which are copied once.
  void succeed_with(const char *data, std::size_t size) noexcept {
    if (std::exchange(has_ended_, true))
      return;
    tenon_value_t value;
    const tenon_status_t status = tenon_value_copy_bytes(data, size, &value);
    if (status != TENON_STATUS_OK)
      static_cast<void>(result_.try_set_error(error(status)));
    else if (tenon_promise_resolve(result_.release(), &value) != TENON_STATUS_OK)
      tenon_value_drop(&value);
  }

  virtual void fail(const error &why) noexcept {
    if (!std::exchange(has_ended_, true))
      static_cast<void>(result_.try_set_error(why));
  }
  void fail(int code) noexcept { fail(uv_error(code)); }

  /// A cancel is acknowledged.
  void acknowledge() noexcept {
    if (!std::exchange(has_ended_, true))
      result_.cancel();
  }

protected:
  virtual void begin() = 0;

  /// The reader wants it to end, and it has begun.
  virtual void cancel() noexcept = 0;

  /// Whether a cancelled task does not do it.
  [[nodiscard]] virtual bool can_be_left_out() const noexcept { return true; }

  void do_asked() noexcept final {
    if (has_begun_ && !has_ended_)
      cancel();
  }

  const std::shared_ptr<core> core_;
  promise<T> result_;

private:
  void run(tenon_status_t status) noexcept {
    std::optional<error> why;
    if (status != TENON_STATUS_OK)
      fail(error(status));
    else if (!core_->opens(why))
      fail(*why); // its promise may be cancelled, too: by the close
    else if (can_be_left_out() && result_.is_cancelled())
      acknowledge();
    else {
      has_begun_ = true;
      begin();
    }
  }

  void listen(const std::shared_ptr<operation> &self) {
    listening_ = self;
    detail::given();
    const tenon_status_t status =
        tenon_promise_on_cancel(result_.handle(), nullptr, &told, this, nullptr);
    if (status == TENON_STATUS_OK)
      return;
    listening_ = nullptr;
    if (has_begun_ && !has_ended_)
      cancel();
    if (status != TENON_STATUS_CANCELLED)
      detail::raise(status);
  }

  static void told(void *context, tenon_status_t status) noexcept {
    detail::taken();
    const auto self = std::move(static_cast<operation *>(context)->listening_);
    if (status == TENON_STATUS_CANCELLED)
      self->core_->ask(self);
  }

  void post(const std::shared_ptr<operation> &self) noexcept {
    posted_ = self;
    detail::given();
    const tenon_status_t status = tenon_executor_post(
        core_->executor(),
        [](void *context, tenon_status_t told) {
          detail::taken();
          const auto mine = std::move(static_cast<operation *>(context)->posted_);
          mine->run(told);
        },
        this);
    if (status == TENON_STATUS_OK)
      return;
    posted_ = nullptr;
    run(status);
  }

  bool has_begun_ = false;
  bool has_ended_ = false;
  std::shared_ptr<operation> listening_; ///< this, until it is told of a cancel, or that none comes
  std::shared_ptr<operation> posted_;    ///< this, until the job runs
};

/// One of libuv's requests. libuv has it, and it keeps itself, from a begin that succeeds until done().
template <class Raw, class T> class request : public operation<T> {
public:
  using operation<T>::operation;

protected:
  /// Keeps it, if libuv has taken it.
  void given_to_uv(int code) noexcept {
    if (code < 0)
      this->fail(code);
    else
      self_ = this->shared_from_this();
  }

  void cancel() noexcept override {
    is_cancelled_ = true;
    // Too late for one that is being worked on: it ends by itself.
    uv_cancel(reinterpret_cast<uv_req_t *>(&raw_));
  }

  /// In libuv's callback: what keeps this until it returns.
  [[nodiscard]] std::shared_ptr<operation<T>> done() noexcept { return std::move(self_); }

  /// Ends as a negative result says.
  void end(int code) noexcept {
    if (is_cancelled_ && (code == UV_ECANCELED || code == UV_EAI_CANCELED))
      this->acknowledge();
    else
      this->fail(code);
  }

  template <class Request> static Request *behind(Raw *raw) noexcept {
    return static_cast<Request *>(static_cast<request *>(raw->data));
  }

  [[nodiscard]] Raw *raw() noexcept {
    raw_.data = this;
    return &raw_;
  }

private:
  Raw raw_{};
  bool is_cancelled_ = false;
  std::shared_ptr<operation<T>> self_;
};

/// Something that is done at once, on the loop's thread.
template <class T, class F> class moment final : public operation<T> {
public:
  moment(std::shared_ptr<core> where, F f) : operation<T>(std::move(where)), f_(std::move(f)) {}

private:
  void begin() override { f_(*this); }
  void cancel() noexcept override {}
  F f_;
};

/// `f(operation)` ends it.
template <class T, class F> future<T> on_loop(std::shared_ptr<core> where, F f) {
  return operation<T>::start(std::make_shared<moment<T, F>>(std::move(where), std::move(f)));
}

/// Closes a handle for whoever waits for that, also if he is cancelled.
class closing final : public operation<void>, public close_waiter {
public:
  explicit closing(std::shared_ptr<open_handle> handle)
      : operation(handle->where()), handle_(std::move(handle)) {}

  void fail(const error &) noexcept override { closed(); } // the executor has closed it
  void closed() noexcept override {
    succeed([] {});
  }

private:
  void begin() override { handle_->close(std::shared_ptr<close_waiter>(shared_from_this(), this)); }
  void cancel() noexcept override {}
  [[nodiscard]] bool can_be_left_out() const noexcept override { return false; }

  const std::shared_ptr<open_handle> handle_;
};

/// What an object has of its handle: letting go of it asks for the handle's end, from any thread.
template <class State> class owner {
public:
  explicit owner(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
  owner(owner &&) noexcept = default;
  owner &operator=(owner &&other) noexcept {
    owner moved(std::move(other));
    state_.swap(moved.state_);
    return *this;
  }
  ~owner() {
    if (state_)
      state_->where()->ask(state_);
  }

  [[nodiscard]] const std::shared_ptr<State> &operator*() const {
    if (!state_)
      detail::raise(std::future_errc::no_state); // it was moved from
    return state_;
  }

  [[nodiscard]] future<void> close() const {
    return closing::start(std::make_shared<closing>(**this));
  }

private:
  std::shared_ptr<State> state_;
};

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

#endif // TENON_UV_OPERATION_HPP
