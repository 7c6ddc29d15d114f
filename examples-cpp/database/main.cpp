// A library that blocks, as awaitable calls: coroutines on one loop, which goes on while SQLite works on
// a thread of its own. Also what an error, a time limit and the end of the program do to a call.
#include "database.hpp"

#include <cstdio>

using namespace std::chrono_literals;

namespace {

// Counts for ever.
constexpr auto endless =
    "with recursive numbers(n) as (select 1 union all select n + 1 from numbers) "
    "select count(*) from numbers";

tenon::task<> deposit(database &bank, tenon_executor_t *loop, std::string owner, int amount) {
  auto done =
      bank.query("insert into accounts values (?, ?)", {std::move(owner), std::to_string(amount)});
  co_await done.on(loop);
}

tenon::task<int> total(database &bank, tenon_executor_t *loop) {
  const rows found = co_await bank.query("select sum(amount) from accounts").on(loop);
  co_return std::stoi(found.at(0).at(0));
}

tenon::task<> program(database &bank, tenon_executor_t *loop) {
  co_await bank.query("create table accounts (owner text, amount integer)").on(loop);

  // Three at once: each goes on when its own call has ended.
  tenon::future<void> deposits[] = {deposit(bank, loop, "Ada", 20).start(loop),
                                    deposit(bank, loop, "Bob", 15).start(loop),
                                    deposit(bank, loop, "Cleo", 7).start(loop)};
  for (auto &done : deposits)
    co_await done.on(loop);
  std::printf("total: %d\n", co_await total(bank, loop));

  try {
    co_await bank.query("select * from missing").on(loop);
  } catch (const tenon::error &error) {
    std::printf("%s %d: %s\n", error.domain(), error.code().value(), error.what());
  }

  // The loop's timer fires while SQLite is busy; the statement is interrupted.
  try {
    co_await tenon::timeout(loop, bank.query(endless), 20ms).on(loop);
  } catch (const tenon::error &error) {
    std::printf("too slow: %s\n", error.what());
  }
  std::printf("total: %d\n", co_await total(bank, loop));
}

} // namespace

int main() {
  tenon::executor loop;
  tenon::future<rows> running, waiting;
  {
    database bank(":memory:");
    loop.run(program(bank, loop).start(loop));
    running = bank.query(endless);
    waiting = bank.query("select 1");
  }
  for (auto *left : {&running, &waiting})
    try {
      left->get();
    } catch (const tenon::cancelled &) {
      std::puts("cancelled");
    }
}
