// One search: coroutines on one thread, a libuv loop's.
#ifndef SEARCH_SEARCH_HPP
#define SEARCH_SEARCH_HPP

#include "gate.hpp"
#include "walk.hpp"

extern "C" {
#include <output.h>
}

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

struct options {
  std::string pattern, root;
  std::uint64_t in_flight_max = 64;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

class search {
public:
  /// `executor` is on `loop`. Takes standard output; throws if it cannot be had.
  search(uv_loop_t *loop, tenon_executor_t *executor, options options);
  search(const search &) = delete;
  search &operator=(const search &) = delete;
  ~search();

  /// Searches all there is, and ends when everything has ended and all is written.
  tenon::task<> run();

  /// Cancels what is in flight. With 0 what was found is still written; other exit statuses do not
  /// wait for a reader.
  void stop(int exit_status);

  int exit_status() const;
  std::size_t files() const { return files_; }
  std::uint64_t matches() const { return matches_; }

private:
  tenon::task<> search_files();
  tenon::task<> search_one(std::string path);
  tenon::task<> room_in_output();
  tenon::task<> all_written();
  void start(tenon::task<> task);
  tenon::stream<std::string> matches_in(const std::string &path) const;
  void print(std::string_view lines);
  void report(const std::string &path, const tenon::error &error);
  static void on_written(void *context, int code);

  uv_loop_t *loop_;
  tenon_executor_t *executor_;
  const options options_;
  walk walk_;
  tenon::scope scope_; // all that run() has started
  output_t output_;
  gate written_, ended_;
  std::uint64_t in_flight_ = 0;
  std::size_t files_ = 0;
  std::uint64_t matches_ = 0;
  bool has_errors_ = false, is_stopping_ = false;
  int stop_status_ = 0;
};

#endif
