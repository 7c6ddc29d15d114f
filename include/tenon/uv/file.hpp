/// @file tenon/uv/file.hpp
///
/// tenon::uv::file: files, by libuv's thread pool. A cancel ends what the pool has not begun; the rest is awaited.
#ifndef TENON_UV_FILE_HPP
#define TENON_UV_FILE_HPP

#include <tenon/uv/loop.hpp>
#include <tenon/uv/operation.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

/// A descriptor, which lives until nobody uses it any more. What is counted belongs to the loop's thread.
class file_descriptor {
public:
  explicit file_descriptor(int fd) noexcept : number_(fd) {}
  file_descriptor(const file_descriptor &) = delete;
  file_descriptor &operator=(const file_descriptor &) = delete;
  ~file_descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }

  [[nodiscard]] int number() const noexcept { return number_; }

  void begin_use() noexcept { uses_++; }
  void end_use() noexcept {
    if (--uses_ == 0 && closer_)
      std::exchange(closer_, nullptr)->closed();
  }

  /// Takes the descriptor away, and tells when nothing uses it: the pool has the number of what waits there.
  int take(std::shared_ptr<close_waiter> closer) noexcept {
    closer_ = std::move(closer);
    begin_use();
    return number_.exchange(-1);
  }

private:
  std::atomic<int> number_;
  int uses_ = 0;
  std::shared_ptr<close_waiter> closer_;
};

/// One of libuv's file operations, maybe with an open file.
template <class T> class file_request : public request<uv_fs_t, T> {
protected:
  file_request(std::shared_ptr<core> where, std::shared_ptr<file_descriptor> file)
      : request<uv_fs_t, T>(std::move(where)), file_(std::move(file)) {}

  [[nodiscard]] int fd() const noexcept { return file_->number(); }

  void given_to_pool(int code) noexcept {
    if (code >= 0 && file_)
      file_->begin_use();
    this->given_to_uv(code);
  }

  /// A callback of libuv's: calls ended(Request &, uv_fs_t &), unless it has failed.
  template <class Request, class Ended>
  static void done_in_pool(uv_fs_t *raw, Ended ended) noexcept {
    auto *const self = file_request::template behind<Request>(raw);
    const auto keeps = self->done();
    if (self->file_)
      self->file_->end_use();
    if (raw->result < 0)
      self->end(static_cast<int>(raw->result));
    else
      ended(*self, *raw);
    uv_fs_req_cleanup(raw);
  }

private:
  const std::shared_ptr<file_descriptor> file_;
};

/// One by two functions: begin(loop, request, callback) and finish(request).
template <class T, class Begin, class Finish> class file_call final : public file_request<T> {
public:
  file_call(std::shared_ptr<core> where, std::shared_ptr<file_descriptor> file, Begin begin,
            Finish finish)
      : file_request<T>(std::move(where), std::move(file)), begin_(std::move(begin)),
        finish_(std::move(finish)) {}

private:
  void begin() override {
    this->given_to_pool(begin_(this->core_->loop(), this->raw(), [](uv_fs_t *raw) {
      file_call::template done_in_pool<file_call>(raw, [](file_call &self, uv_fs_t &ended) {
        self.succeed([&]() -> T { return self.finish_(ended); });
      });
    }));
  }

  Begin begin_;
  Finish finish_;
};

template <class T, class Begin, class Finish>
future<T> with_file(std::shared_ptr<core> where, std::shared_ptr<file_descriptor> file, Begin begin,
                    Finish finish) {
  using made = file_call<T, Begin, Finish>;
  return made::start(std::make_shared<made>(std::move(where), std::move(file), std::move(begin),
                                            std::move(finish)));
}

/// Reads some bytes, which become a value where they arrive.
class file_read final : public file_request<std::string> {
public:
  file_read(std::shared_ptr<core> where, std::shared_ptr<file_descriptor> file, std::size_t count,
            std::int64_t offset)
      : file_request(std::move(where), std::move(file)), memory_(new char[count]), count_(count),
        offset_(offset) {}

private:
  void begin() override {
    const uv_buf_t buffer = uv_buf_init(memory_.get(), static_cast<unsigned>(count_));
    given_to_pool(uv_fs_read(core_->loop(), raw(), fd(), &buffer, 1, offset_, [](uv_fs_t *done) {
      done_in_pool<file_read>(done, [](file_read &self, uv_fs_t &ended) {
        self.succeed_with(self.memory_.get(), static_cast<std::size_t>(ended.result));
      });
    }));
  }

  const std::unique_ptr<char[]> memory_;
  const std::size_t count_;
  const std::int64_t offset_;
};

/// Writes all bytes, in as many parts as the system takes them in.
class file_write final : public file_request<void> {
public:
  file_write(std::shared_ptr<core> where, std::shared_ptr<file_descriptor> file, std::string bytes,
             std::int64_t offset)
      : file_request(std::move(where), std::move(file)), bytes_(std::move(bytes)), offset_(offset) {
  }

private:
  void begin() override {
    const std::size_t rest = std::min(bytes_.size() - written_, std::size_t{1} << 30);
    const std::int64_t at = offset_ < 0 ? -1 : offset_ + static_cast<std::int64_t>(written_);
    const uv_buf_t buffer = uv_buf_init(bytes_.data() + written_, static_cast<unsigned>(rest));
    given_to_pool(uv_fs_write(core_->loop(), raw(), fd(), &buffer, 1, at, [](uv_fs_t *done) {
      done_in_pool<file_write>(done, [](file_write &self, uv_fs_t &ended) {
        self.written_ += static_cast<std::size_t>(ended.result);
        if (self.written_ == self.bytes_.size())
          self.succeed([] {});
        else if (self.result_.is_cancelled())
          self.acknowledge();
        else {
          uv_fs_req_cleanup(&ended);
          self.begin();
        }
      });
    }));
  }

  std::string bytes_;
  const std::int64_t offset_;
  std::size_t written_ = 0;
};

/// Closes a descriptor in the pool, whether or not somebody is cancelled.
class file_close final : public request<uv_fs_t, void>, public close_waiter {
public:
  file_close(std::shared_ptr<core> where, std::shared_ptr<file_descriptor> file)
      : request(std::move(where)), file_(std::move(file)) {}

private:
  void begin() override {
    fd_ = file_->take(std::shared_ptr<close_waiter>(shared_from_this(), this));
    file_->end_use();
  }

  void closed() noexcept override {
    given_to_uv(uv_fs_close(core_->loop(), raw(), fd_, [](uv_fs_t *done) {
      auto *const self = behind<file_close>(done);
      const auto keeps = self->done();
      const int result = static_cast<int>(done->result);
      uv_fs_req_cleanup(done);
      if (result < 0)
        self->end(result);
      else
        self->succeed([] {});
    }));
  }
  void cancel() noexcept override {}
  [[nodiscard]] bool can_be_left_out() const noexcept override { return false; }

  const std::shared_ptr<file_descriptor> file_;
  int fd_ = -1;
};

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

namespace tenon::uv {
inline namespace TENON_VARIANT {

/// A directory's entry. The name is as the file system has it.
struct entry {
  std::string name;
  uv_dirent_type_t type;
};

/// An open file. It is closed when this goes and what was begun with it has ended; close() also tells how that went.
/// Any thread may call.
class [[nodiscard]] file {
public:
  file(std::shared_ptr<uv_detail::core> where, int fd)
      : core_(std::move(where)), file_(std::make_shared<uv_detail::file_descriptor>(fd)) {}
  file(file &&) noexcept = default;
  file &operator=(file &&) noexcept = default;

  /// -1: it is closed.
  [[nodiscard]] int descriptor() const noexcept { return file_ ? file_->number() : -1; }

  /// Up to `count` bytes at `offset`, or with -1 where the last read ended; none at the end of the file.
  [[nodiscard]] future<std::string> read(std::size_t count = 65536,
                                         std::int64_t offset = -1) const {
    using uv_detail::file_read;
    return file_read::start(
        std::make_shared<file_read>(core_, state(), std::min(count, count_max), offset));
  }

  /// Writes all bytes, at `offset` or where the last write ended.
  [[nodiscard]] future<void> write(std::string bytes, std::int64_t offset = -1) const {
    using uv_detail::file_write;
    return file_write::start(
        std::make_shared<file_write>(core_, state(), std::move(bytes), offset));
  }

  [[nodiscard]] future<uv_stat_t> stat() const {
    const auto used = state();
    return uv_detail::with_file<uv_stat_t>(
        core_, used,
        [used](uv_loop_t *on, uv_fs_t *raw, uv_fs_cb end) {
          return uv_fs_fstat(on, raw, used->number(), end);
        },
        [](const uv_fs_t &ended) { return ended.statbuf; });
  }

  /// Closes it when what is under way with it has ended, whether or not the task is cancelled.
  [[nodiscard]] future<void> close() const {
    using uv_detail::file_close;
    return file_close::start(std::make_shared<file_close>(core_, state()));
  }

private:
  static constexpr std::size_t count_max = std::size_t{1} << 30;

  [[nodiscard]] const std::shared_ptr<uv_detail::file_descriptor> &state() const {
    if (!file_)
      detail::raise(std::future_errc::no_state); // it was moved from
    return file_;
  }

  std::shared_ptr<uv_detail::core> core_;
  std::shared_ptr<uv_detail::file_descriptor> file_;
};

inline future<file> loop::open(std::string path, int flags, int mode) const {
  return uv_detail::with_file<file>(
      core_, nullptr,
      [path = std::move(path), flags, mode](uv_loop_t *on, uv_fs_t *raw, uv_fs_cb end) {
        return uv_fs_open(on, raw, path.c_str(), flags | O_CLOEXEC, mode, end);
      },
      [where = core_](const uv_fs_t &ended) {
        return file(where, static_cast<int>(ended.result));
      });
}

inline future<uv_stat_t> loop::stat(std::string path, bool follow_links) const {
  return uv_detail::with_file<uv_stat_t>(
      core_, nullptr,
      [path = std::move(path), follow_links](uv_loop_t *on, uv_fs_t *raw, uv_fs_cb end) {
        return follow_links ? uv_fs_stat(on, raw, path.c_str(), end)
                            : uv_fs_lstat(on, raw, path.c_str(), end);
      },
      [](const uv_fs_t &ended) { return ended.statbuf; });
}

inline future<std::vector<entry>> loop::scandir(std::string path) const {
  return uv_detail::with_file<std::vector<entry>>(
      core_, nullptr,
      [path = std::move(path)](uv_loop_t *on, uv_fs_t *raw, uv_fs_cb end) {
        return uv_fs_scandir(on, raw, path.c_str(), 0, end);
      },
      [](uv_fs_t &ended) {
        std::vector<entry> all;
        for (uv_dirent_t one; uv_fs_scandir_next(&ended, &one) >= 0;)
          all.push_back({one.name, one.type});
        return all;
      });
}

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_FILE_HPP
