// SQLite for coroutines. Its calls block, so a thread of their own makes them, one after the other, and
// each settles the promise of whoever asked.
#ifndef DATABASE_HPP
#define DATABASE_HPP

#include <tenon/tenon.hpp>

#include <sqlite3.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using row = std::vector<std::string>;
using rows = std::vector<row>;

class database {
public:
  /// Throws what SQLite says; domain "sqlite".
  explicit database(const std::string &path);
  database(const database &) = delete;
  database &operator=(const database &) = delete;

  /// Cancels what has not ended, and waits for the thread.
  ~database();

  /// Any thread; settles on the database's. A cancel ends a statement that is running, and takes back
  /// one that waits.
  [[nodiscard]] tenon::future<rows> query(std::string sql, row parameters = {});

private:
  struct call {
    std::string sql;
    row parameters;
    tenon::promise<rows> promise;
    const database &owner;
  };
  struct closer {
    void operator()(sqlite3 *connection) const noexcept { sqlite3_close(connection); }
  };

  void work();
  rows run(call &call);
  [[noreturn]] void fail(int code) const;

  std::unique_ptr<sqlite3, closer> connection_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<call>> waiting_;
  std::atomic<bool> is_ending_{false};
  std::thread thread_;
};

#endif
