// The matches of one file, as the Swift half sends them: a stream that a coroutine reads.
#ifndef SEARCH_BLOCKS_HPP
#define SEARCH_BLOCKS_HPP

#include <search_file.h>
#include <tenon/tenon.hpp>

#include <optional>
#include <string>
#include <string_view>

/// Some whole lines.
class block {
public:
  explicit block(tenon_value_t value) noexcept : value_(value) {}
  block(block &&other) noexcept : value_(std::exchange(other.value_, tenon_value_none())) {}
  block &operator=(block &&) = delete;
  ~block() { tenon_value_drop(&value_); }

  std::string_view lines() const {
    const void *data = nullptr;
    size_t size = 0;
    if (tenon_value_get_data(&value_, &data, &size) != TENON_STATUS_OK)
      return {};
    return {static_cast<const char *>(data), size};
  }

private:
  tenon_value_t value_;
};

/// Letting go of it cancels the search of the file.
class blocks {
public:
  blocks(tenon_executor_t *executor, const std::string &path, const std::string &pattern)
      : executor_(executor) {
    const tenon_status_t status = search_file(executor, path.c_str(), pattern.c_str(), &stream_);
    if (status != TENON_STATUS_OK)
      throw tenon::error(status);
  }
  blocks(const blocks &) = delete;
  blocks &operator=(const blocks &) = delete;
  ~blocks() { tenon_stream_release(stream_); }

  /// Nothing at the end; throws what the file's search failed with.
  tenon::task<std::optional<block>> next() {
    for (;;) {
      tenon_value_t value;
      size_t count = 0;
      tenon_future_t *ready = nullptr;
      const tenon_status_t status = tenon_stream_next_batch(stream_, &value, 1, &count, &ready);
      if (status == TENON_STATUS_OK)
        co_return block(value);
      if (status == TENON_STATUS_ENDED)
        co_return std::nullopt;
      if (status != TENON_STATUS_PENDING)
        fail(status);
      co_await tenon::future<void>::adopt(ready).on(executor_);
    }
  }

private:
  [[noreturn]] void fail(tenon_status_t status) const {
    tenon_error_t *error = nullptr;
    if (status == TENON_STATUS_CANCELLED)
      throw tenon::cancelled();
    if (tenon_stream_copy_error(stream_, &error) == TENON_STATUS_OK)
      throw tenon::error::adopt(error);
    throw tenon::error(status);
  }

  tenon_executor_t *executor_;
  tenon_stream_t *stream_ = nullptr;
};

#endif
