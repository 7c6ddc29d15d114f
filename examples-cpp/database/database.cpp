#include "database.hpp"

#include <utility>

namespace {

/// A statement that is being run.
struct statement_ender {
  void operator()(sqlite3_stmt *statement) const noexcept { sqlite3_finalize(statement); }
};
using statement_ptr = std::unique_ptr<sqlite3_stmt, statement_ender>;

/// How many steps of SQLite's machine lie between two looks at whether a cancel is requested.
constexpr int steps = 1000;

} // namespace

database::database(const std::string &path) {
  sqlite3 *connection = nullptr;
  const int code = sqlite3_open(path.c_str(), &connection);
  connection_.reset(connection);
  if (code != SQLITE_OK)
    fail(code);
  thread_ = std::thread([this] { work(); });
}

database::~database() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
  for (const auto &one : waiting_)
    one->promise.cancel();
}

tenon::future<rows> database::query(std::string sql, row parameters) {
  auto made = std::make_unique<call>(call{std::move(sql), std::move(parameters), {}, *this});
  auto future = made->promise.get_future();
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(made));
  }
  changed_.notify_one();
  return future;
}

void database::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
    if (is_ending_)
      return;
    const std::unique_ptr<call> first = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    // What is thrown is the future's error; tenon::cancelled makes it cancelled.
    try {
      first->promise.set_value(run(*first));
    } catch (...) {
      first->promise.set_exception(std::current_exception());
    }
    lock.lock();
  }
}

rows database::run(call &asked) {
  const auto is_unwanted = [](void *context) -> int {
    const auto *one = static_cast<call *>(context);
    return one->promise.is_cancelled() || one->owner.is_ending_;
  };
  if (is_unwanted(&asked))
    throw tenon::cancelled();
  sqlite3_progress_handler(connection_.get(), steps, is_unwanted, &asked);
  sqlite3_stmt *compiled = nullptr;
  int code = sqlite3_prepare_v2(connection_.get(), asked.sql.c_str(), -1, &compiled, nullptr);
  const statement_ptr statement(compiled);
  int place = 0;
  for (const std::string &parameter : asked.parameters)
    if (code == SQLITE_OK)
      code = sqlite3_bind_text(compiled, ++place, parameter.c_str(), -1, SQLITE_STATIC);
  if (code != SQLITE_OK)
    fail(code);
  rows found;
  while ((code = sqlite3_step(compiled)) == SQLITE_ROW) {
    row &next = found.emplace_back();
    for (int column = 0; column < sqlite3_column_count(compiled); column++) {
      const auto *text = reinterpret_cast<const char *>(sqlite3_column_text(compiled, column));
      next.emplace_back(text ? text : "");
    }
  }
  if (code == SQLITE_INTERRUPT)
    throw tenon::cancelled();
  if (code != SQLITE_DONE)
    fail(code);
  return found;
}

void database::fail(int code) const {
  throw tenon::error("sqlite", code, sqlite3_errmsg(connection_.get()));
}
