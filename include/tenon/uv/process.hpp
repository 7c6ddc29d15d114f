/// @file tenon/uv/process.hpp
///
/// tenon::uv::process: a child process, its pipes and its end.
#ifndef TENON_UV_PROCESS_HPP
#define TENON_UV_PROCESS_HPP

#include <tenon/uv/stream.hpp>

#include <algorithm>
#include <csignal>

namespace tenon::uv {
inline namespace TENON_VARIANT {

/// What one of a child's first three descriptors is.
class standard_stream {
public:
  /// `/dev/null`.
  static constexpr standard_stream null() noexcept { return {kind::null, -1}; }
  /// This process's own.
  static constexpr standard_stream inherited() noexcept { return {kind::inherited, -1}; }
  /// A stream of this process.
  static constexpr standard_stream pipe() noexcept { return {kind::pipe, -1}; }
  /// A descriptor of this process, which stays open here.
  static constexpr standard_stream descriptor(int fd) noexcept { return {kind::descriptor, fd}; }

  [[nodiscard]] constexpr bool is_pipe() const noexcept { return kind_ == kind::pipe; }

  /// As libuv takes it; `index` is the child's descriptor.
  [[nodiscard]] uv_stdio_container_t container(int index, uv_stream_t *stream) const noexcept {
    uv_stdio_container_t made{};
    switch (kind_) {
    case kind::null:
      made.flags = UV_IGNORE;
      break;
    case kind::inherited:
    case kind::descriptor:
      made.flags = UV_INHERIT_FD;
      made.data.fd = kind_ == kind::inherited ? index : fd_;
      break;
    case kind::pipe: // as the child sees it
      made.flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE |
                                               (index == 0 ? UV_READABLE_PIPE : UV_WRITABLE_PIPE));
      made.data.stream = stream;
    }
    return made;
  }

private:
  enum class kind : unsigned char { null, inherited, pipe, descriptor };
  constexpr standard_stream(kind is, int fd) noexcept : kind_(is), fd_(fd) {}
  kind kind_;
  int fd_;
};

/// A program to be started. The child has the three descriptors that are said here, and none that these headers open.
struct program {
  std::string name;                        ///< a path, or a name that is looked for in PATH
  std::vector<std::string> arguments = {}; ///< those after the program's name
  standard_stream input = standard_stream::null();
  standard_stream output = standard_stream::pipe();
  standard_stream error = standard_stream::inherited();
  std::optional<std::vector<std::string>> environment =
      {};                     ///< all of it, "NAME=value"; nothing: this process's
  std::string directory = {}; ///< where it starts; empty: where this process is
};

/// How a child ended.
struct exit_status {
  std::int64_t status; ///< what it returned, if it ended by itself
  int signal;          ///< the signal that ended it, or 0
};

} // namespace TENON_VARIANT
} // namespace tenon::uv

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

class wait_for_exit;

/// What a child process is on the loop's thread: open until it has ended.
class process_state final : public open_handle {
public:
  using open_handle::open_handle;

  int begin(const uv::program &program, const std::array<std::shared_ptr<stream_state>, 3> &pipes) {
    std::array<uv_stdio_container_t, 3> containers{};
    const std::array<uv::standard_stream, 3> kinds{program.input, program.output, program.error};
    for (std::size_t index = 0; index < kinds.size(); index++)
      containers[index] = kinds[index].container(static_cast<int>(index),
                                                 pipes[index] ? pipes[index]->raw() : nullptr);
    std::vector<char *> arguments{lent(program.name)};
    for (const std::string &argument : program.arguments)
      arguments.push_back(lent(argument));
    arguments.push_back(nullptr);
    std::vector<char *> environment;
    if (program.environment)
      for (const std::string &variable : *program.environment)
        environment.push_back(lent(variable));
    environment.push_back(nullptr);

    uv_process_options_t options{};
    options.exit_cb = [](uv_process_t *raw, std::int64_t status, int signal) {
      behind<process_state>(raw)->did_exit({status, signal});
    };
    options.file = program.name.c_str();
    options.args = arguments.data();
    options.env = program.environment ? environment.data() : nullptr;
    options.cwd = program.directory.empty() ? nullptr : program.directory.c_str();
    options.stdio = containers.data();
    options.stdio_count = static_cast<int>(containers.size());
    const int code = uv_spawn(core_->loop(), &raw_.process, &options);
    begun(); // also one that could not be started is on the loop
    if (code < 0) {
      has_failed_ = true;
      close(uv_error(code));
    }
    return code;
  }

  [[nodiscard]] int identifier() const noexcept { return raw_.process.pid; }

  void wait(std::shared_ptr<wait_for_exit> waiter);
  void terminate() noexcept {
    if (is_open())
      uv_process_kill(&raw_.process, SIGTERM);
  }

  int kill(int number) {
    return exit_ || !is_open() ? static_cast<int>(UV_ESRCH)
                               : uv_process_kill(&raw_.process, number);
  }

private:
  static char *lent(const std::string &text) noexcept {
    return const_cast<char *>(text.c_str()); // NOLINT(*-const-cast): C's habit
  }

  void did_exit(uv::exit_status exit) noexcept {
    exit_ = exit;
    close(uv_error(UV_ECANCELED));
  }

  void tell(const error &why) noexcept override;

  /// Nobody holds it any more: it runs on, without keeping the loop alive.
  void do_asked() noexcept override {
    is_held_ = false;
    if (is_open())
      uv_unref(base());
  }

  std::optional<uv::exit_status> exit_;
  bool has_failed_ = false;
  bool is_held_ = true;
  std::vector<std::shared_ptr<wait_for_exit>> waiters_;
};

class wait_for_exit final : public operation<uv::exit_status> {
public:
  explicit wait_for_exit(std::shared_ptr<process_state> process)
      : operation(process->where()), process_(std::move(process)) {}

  void exited(uv::exit_status exit) noexcept {
    if (is_cancelled_)
      acknowledge();
    else
      succeed([exit] { return exit; });
  }

private:
  void begin() override {
    process_->wait(std::static_pointer_cast<wait_for_exit>(shared_from_this()));
  }
  /// It goes on until the child has ended.
  void cancel() noexcept override {
    is_cancelled_ = true;
    process_->terminate();
  }

  bool is_cancelled_ = false;
  const std::shared_ptr<process_state> process_;
};

inline void process_state::wait(std::shared_ptr<wait_for_exit> waiter) {
  if (exit_)
    return waiter->exited(*exit_);
  if (const int code = refusal())
    return waiter->fail(code);
  waiters_.push_back(std::move(waiter));
}

inline void process_state::tell(const error &why) noexcept {
  if (!exit_ && is_held_ && !has_failed_ && !core::is_in_child())
    uv_process_kill(&raw_.process, SIGTERM);
  const auto waiters = std::move(waiters_);
  for (const auto &waiter : waiters)
    if (exit_)
      waiter->exited(*exit_);
    else
      waiter->fail(why);
}

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

namespace tenon::uv {
inline namespace TENON_VARIANT {

/// A child process. One that is let go of runs on, and is waited for without keeping the loop alive. When the executor
/// closes, a child that is still held is told to end with SIGTERM, and not waited for. Any thread may call.
class [[nodiscard]] process {
public:
  process(std::shared_ptr<uv_detail::process_state> state,
          const std::array<std::shared_ptr<uv_detail::stream_state>, 3> &pipes)
      : identifier_(state->identifier()), state_(std::move(state)) {
    std::optional<stream> *const streams[] = {&input, &output, &error};
    for (std::size_t index = 0; index < pipes.size(); index++)
      if (pipes[index])
        streams[index]->emplace(pipes[index]);
  }
  process(process &&) noexcept = default;
  process &operator=(process &&) = delete;

  [[nodiscard]] int identifier() const noexcept { return identifier_; }

  /// Waits for the child's end, any number of times. A cancel sends SIGTERM; this then goes on until the child has ended.
  [[nodiscard]] future<exit_status> exit() const {
    using uv_detail::wait_for_exit;
    return wait_for_exit::start(std::make_shared<wait_for_exit>(*state_));
  }

  /// Sends the child a signal. ESRCH if it has ended.
  [[nodiscard]] future<void> kill(int number = SIGTERM) const {
    return uv_detail::on_loop<void>((*state_)->where(), [child = *state_, number](auto &operation) {
      if (const int code = child->kill(number))
        operation.fail(code);
      else
        operation.succeed([] {});
    });
  }

  /// The ends of the child's streams that are pipes. It sees the end of its input when that is closed: `input.reset()`.
  std::optional<stream> input, output, error;

private:
  int identifier_;
  uv_detail::owner<uv_detail::process_state> state_;
};

inline future<process> loop::spawn(program what) const {
  return uv_detail::on_loop<process>(
      core_, [where = core_, what = std::move(what)](auto &operation) {
        std::array<std::shared_ptr<uv_detail::stream_state>, 3> pipes;
        const std::array<standard_stream, 3> kinds{what.input, what.output, what.error};
        int code = 0;
        for (std::size_t index = 0; index < kinds.size() && code == 0; index++)
          if (kinds[index].is_pipe())
            pipes[index] = uv_detail::stream_state::pipe(where, code);
        auto child = std::make_shared<uv_detail::process_state>(where);
        if (code == 0)
          code = child->begin(what, pipes);
        if (code == 0)
          return operation.succeed([&] { return process(std::move(child), pipes); });
        for (const auto &pipe : pipes)
          if (pipe)
            pipe->close(uv_detail::uv_error(code));
        operation.fail(uv_detail::uv_error(code, what.name));
      });
}

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_PROCESS_HPP
