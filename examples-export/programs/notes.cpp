// notes.c with coroutines.
#include "loop.hpp"

#include <notes.hpp>

#include <cinttypes>
#include <string>
#include <vector>

static void print(const notes::error &error) {
  if (const auto *taken = std::get_if<notes::error::taken>(&error.details))
    std::printf("taken: %s\n", taken->title.c_str());
  if (const auto *sqlite = std::get_if<notes::error::sqlite>(&error.details))
    std::printf("sqlite %" PRId32 ": %s\n", sqlite->code, sqlite->message.c_str());
}

static tenon::task<> use(tenon_executor_t *loop, std::string path) {
  const auto notebook = co_await notes::notebook::open(loop, path);
  std::vector<tenon::future<notes::note>> added;
  for (int i = 0; i < 600; i++)
    added.push_back(
        notebook.add(loop, {.title = "note " + std::to_string(i), .stars = double(i % 6)}));
  for (const auto &note : co_await tenon::all(std::move(added)))
    if (!note.id)
      std::puts("a note without an id");

  const notes::note again{.title = "note 7"};
  try {
    co_await notebook.add(loop, again);
  } catch (const notes::error &error) {
    print(error);
  }

  std::vector<std::string> titles;
  for (auto best = notebook.notes(loop, 5); auto note = co_await best.next();)
    titles.push_back(note->title);
  std::printf("%zu notes with 5 stars, from %s to %s\n", titles.size(), titles.front().c_str(),
              titles.back().c_str());

  for (auto rows = notebook.query(loop, "SELECT count(*) AS notes, avg(stars) AS mean FROM note");
       auto row = co_await rows.next();)
    std::printf("%" PRId64 " notes, %g stars\n",
                std::get<notes::cell::integer>(row->columns["notes"]).value,
                std::get<notes::cell::real>(row->columns["mean"]).value);

  {
    // It has no second row, and never ends. Letting go of the stream interrupts it.
    auto endless =
        notebook.query(loop, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                             "SELECT i FROM n WHERE i = 1 OR i < 0");
    co_await endless.next();
  }
  const notes::note later{.title = "later", .stars = 1};
  std::printf("interrupted; then stored %s\n", (co_await notebook.add(loop, later)).title.c_str());

  try {
    auto nothing = notebook.query(loop, "SELECT * FROM nowhere");
    co_await nothing.next();
  } catch (const notes::error &error) {
    print(error);
  }
}

int main(int count, char **words) {
  return run([&](tenon_executor_t *loop) { return use(loop, count > 1 ? words[1] : ":memory:"); });
}
