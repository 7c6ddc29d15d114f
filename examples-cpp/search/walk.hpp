// Walks a directory tree with libuv: regular files only, symbolic links are not followed.
#ifndef SEARCH_WALK_HPP
#define SEARCH_WALK_HPP

#include <tenon/tenon.hpp>
#include <uv.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

class walk {
public:
  /// Told what cannot be read, and is left out.
  using report_fn = std::function<void(const std::string &path, const tenon::error &error)>;

  walk(uv_loop_t *loop, tenon_executor_t *executor, report_fn report)
      : loop_(loop), executor_(executor), report_(std::move(report)) {}

  /// Begins with a file or folder.
  void begin(const std::string &root);

  /// The next file; nothing: that was all. Reads folders until there is one.
  tenon::task<std::optional<std::string>> next();

private:
  void add(std::string path, uv_dirent_type_t type);

  uv_loop_t *loop_;
  tenon_executor_t *executor_;
  report_fn report_;
  std::vector<std::string> files_, folders_; // last in, first out
};

#endif
