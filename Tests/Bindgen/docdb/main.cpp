// The sample database in C++: values, coroutines, typed errors, a stream, a view.
#include "../support.hpp"

#include <cstring>
#include <docdb.hpp>

static tenon::task<int> use(tenon_executor_t *loop) {
  double progress = 0;
  auto db = co_await docdb::open(loop, "notes.db", [&progress](double now) { progress = now; });
  CHECK(progress == 1);
  docdb::document document{.id = "a",
                           .scores = {1, 2},
                           .body = {std::byte{7}},
                           .tags = {"red", ""},
                           .expires = 2.5,
                           .title = {}};
  CHECK(co_await db.put(loop, document) == 1);
  document.revision = 1;
  std::optional<docdb::document> found = co_await db.get(loop, "a");
  CHECK(found && *found == document);
  CHECK(!(co_await db.get(loop, "b")));
  const docdb::document late{.id = "a", .revision = 9};
  const docdb::document other{.id = "b"};
  try {
    static_cast<void>(co_await db.put(loop, late));
    CHECK(false);
  } catch (const docdb::error &error) {
    const auto *conflict = std::get_if<docdb::error::conflict>(&error.details);
    CHECK(conflict && conflict->expected == 9 && conflict->found == 1);
    CHECK(error.value() == DOCDB_ERROR_CONFLICT);
  }
  CHECK(co_await db.put(loop, other, docdb::durability::disk) == 1);
  int count = 0;
  const docdb::query::any by_prefix = docdb::query::prefix{"a"};
  for (auto items = db.query(loop, by_prefix); auto item = co_await items.next();) {
    CHECK(*item == document);
    count++;
  }
  CHECK(count == 1);
  const docdb::query::any in_range = docdb::query::range{"a", "z", 3};
  auto all = db.query(loop, in_range);
  while (auto item = co_await all.next())
    count++;
  CHECK(count == 3);
  auto view = co_await tenon::future<docdb::document_view>::adopt(db.get(loop, "a").release());
  CHECK(view.id() == "a" && view.scores().size() == 2 && view.copy() == document);
  CHECK(view.tags() == document.tags && view.expires() == document.expires);
  CHECK(view.title() == document.title);
  auto same = db;
  CHECK(co_await same.count(loop) == 2);
  co_await db.close(loop);
  try {
    co_await db.get(loop, "a");
    CHECK(false);
  } catch (const tenon::error &error) {
    CHECK(std::strcmp(error.domain(), DOCDB_ERROR_DOMAIN) == 0);
  }
  try {
    static_cast<void>(co_await docdb::connection(nullptr).count(loop));
    CHECK(false);
  } catch (const tenon::error &error) {
    CHECK(error.value() == TENON_STATUS_INVALID);
  }
  try {
    static_cast<void>(docdb::open(loop, std::string("a\0b", 3)));
    CHECK(false);
  } catch (const tenon::error &error) {
    CHECK(error.value() == TENON_STATUS_INVALID);
  }
  co_return 1;
}

int main() {
  const docdb::error made(docdb::error::conflict{1, 2});
  CHECK(std::strcmp(made.domain(), DOCDB_ERROR_DOMAIN) == 0 && made.value() == 2);
  return run(use);
}
