#include "search.hpp"

#include <search_file.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>

search::search(uv_loop_t *loop, tenon_executor_t *executor, options options)
    : loop_(loop), executor_(executor), options_(std::move(options)),
      walk_(loop, executor,
            [this](const std::string &path, const tenon::error &error) { report(path, error); }) {
  const int code = output_open(&output_, loop, &on_written, this);
  if (code != 0)
    throw tenon::error("uv", code, uv_strerror(code));
}

search::~search() { output_end(&output_); }

tenon::task<> search::run() {
  start(search_files());
  try {
    co_await scope_.close().on(executor_);
  } catch (const tenon::cancelled &) {
  }
  co_await all_written();
  output_close(&output_);
}

/// At once: it is cancelled with the scope, whose end waits for it.
void search::start(tenon::task<> task) { (void)scope_.start(nullptr, std::move(task)); }

tenon::task<> search::search_files() {
  walk_.begin(options_.root);
  while (auto path = co_await walk_.next()) {
    while (in_flight_ >= options_.in_flight_max)
      co_await ended_.wait().on(executor_);
    start(search_one(std::move(*path)));
  }
}

/// The matches of one file, some whole lines at a time, as the Swift half finds them. Letting go of
/// it cancels that.
tenon::stream<std::string> search::matches_in(const std::string &path) const {
  tenon_stream_t *stream = nullptr;
  const tenon_status_t status =
      search_file(executor_, path.c_str(), options_.pattern.c_str(), &stream);
  if (status != TENON_STATUS_OK)
    throw tenon::error(status);
  return tenon::stream<std::string>::adopt(stream);
}

tenon::task<> search::search_one(std::string path) {
  in_flight_++;
  try {
    const auto matches = matches_in(path);
    for (;;) {
      // Nothing is taken from the stream while the output is full, so the Swift function waits, too.
      co_await room_in_output();
      const auto lines = co_await matches.next().on(executor_);
      if (!lines)
        break;
      print(*lines);
    }
  } catch (const tenon::cancelled &) {
  } catch (const tenon::error &error) {
    report(path, error);
  }
  in_flight_--;
  files_++;
  ended_.open();
}

/* MARK: Output */

tenon::task<> search::room_in_output() {
  while (output_is_full(&output_))
    co_await written_.wait().on(executor_);
}

tenon::task<> search::all_written() {
  while (!output_is_idle(&output_))
    co_await written_.wait().on(executor_);
}

void search::print(std::string_view lines) {
  if (is_stopping_)
    return;
  std::size_t size = 0;
  for (; size < lines.size() && matches_ < options_.limit; matches_++)
    size = lines.find('\n', size) + 1;
  output_add(&output_, lines.data(), size);
  output_flush(&output_);
  if (matches_ >= options_.limit)
    stop(0);
}

void search::on_written(void *context, int code) {
  auto *self = static_cast<search *>(context);
  if (code == UV_EPIPE) {
    self->stop(141);
  } else if (code != 0) {
    std::fprintf(stderr, "search: standard output: %s (uv %d)\n", uv_strerror(code), code);
    self->stop(2);
  }
  output_flush(&self->output_);
  self->written_.open();
}

/* MARK: The end */

void search::report(const std::string &path, const tenon::error &error) {
  has_errors_ = true;
  std::fprintf(stderr, "search: %s: %s (%s %" PRId64 ")\n", path.c_str(), error.what(),
               error.domain(), error.value());
}

void search::stop(int exit_status) {
  is_stopping_ = true;
  if (exit_status != 0)
    output_close(&output_);
  else
    output_finish(&output_);
  if (stop_status_ == 0)
    stop_status_ = exit_status;
  scope_.cancel();
  written_.open(); // there may be nothing to write any more
}

int search::exit_status() const {
  if (stop_status_ != 0)
    return stop_status_;
  if (has_errors_)
    return 2;
  return matches_ > 0 ? 0 : 1;
}
