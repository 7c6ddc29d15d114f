#include "walk.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <memory>

namespace {

struct entry {
  std::string name;
  uv_dirent_type_t type;
};
using entries = std::vector<entry>;

tenon::error uv_error(int code) { return {"uv", code, uv_strerror(code)}; }

/// A call of libuv's, with the promise that its callback settles.
struct scan_request {
  uv_fs_t call{};
  tenon::promise<entries> promise;
  ~scan_request() { uv_fs_req_cleanup(&call); }

  static void done(uv_fs_t *call) {
    const std::unique_ptr<scan_request> self(static_cast<scan_request *>(call->data));
    const int code = static_cast<int>(call->result);
    if (code == UV_ECANCELED)
      return self->promise.cancel();
    if (code < 0)
      return self->promise.set_error(uv_error(code));
    entries entries;
    for (uv_dirent_t next; uv_fs_scandir_next(call, &next) >= 0;)
      entries.push_back({next.name, next.type});
    self->promise.set_value(std::move(entries));
  }
};

/// Reads a folder on one of libuv's threads. A cancel is in time as long as it waits for a thread.
tenon::future<entries> scan(uv_loop_t *loop, const std::string &folder) {
  auto request = std::make_unique<scan_request>();
  auto future = request->promise.get_future();
  request->call.data = request.get();
  const int code = uv_fs_scandir(loop, &request->call, folder.c_str(), 0, &scan_request::done);
  if (code != 0) {
    request->promise.set_error(uv_error(code));
    return future;
  }
  auto *const call = reinterpret_cast<uv_req_t *>(&request->call);
  request.release()->promise.on_cancel(nullptr, [call] { uv_cancel(call); });
  return future;
}

uv_dirent_type_t type_of(const struct stat &information) {
  if (S_ISDIR(information.st_mode))
    return UV_DIRENT_DIR;
  return S_ISREG(information.st_mode) ? UV_DIRENT_FILE : UV_DIRENT_UNKNOWN;
}

std::string pop(std::vector<std::string> &paths) {
  std::string last = std::move(paths.back());
  paths.pop_back();
  return last;
}

} // namespace

void walk::add(std::string path, uv_dirent_type_t type) {
  struct stat information;
  // Some file systems do not say what an entry is.
  if (type == UV_DIRENT_UNKNOWN && lstat(path.c_str(), &information) == 0)
    type = type_of(information);
  if (type == UV_DIRENT_DIR)
    folders_.push_back(std::move(path));
  else if (type == UV_DIRENT_FILE)
    files_.push_back(std::move(path));
}

void walk::begin(const std::string &root) {
  struct stat information;
  // The root itself may be a symbolic link.
  if (stat(root.c_str(), &information) != 0)
    report_(root, uv_error(uv_translate_sys_error(errno)));
  else if (S_ISDIR(information.st_mode))
    folders_.push_back(root);
  else
    files_.push_back(root);
}

tenon::task<std::optional<std::string>> walk::next() {
  while (files_.empty()) {
    if (folders_.empty())
      co_return std::nullopt;
    const std::string folder = pop(folders_);
    const std::string prefix = folder.ends_with('/') ? folder : folder + '/';
    try {
      for (const entry &entry : co_await scan(loop_, folder).on(executor_))
        add(prefix + entry.name, entry.type);
    } catch (const tenon::cancelled &) {
      throw;
    } catch (const tenon::error &error) {
      report_(folder, error);
    }
  }
  co_return pop(files_);
}
