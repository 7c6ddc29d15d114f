// Objects in structs, lists, maps, enums and errors; Foundation's types.
#include "../support.hpp"

#include <values.hpp>

namespace {

using values::folder;

tenon::task<int> body(tenon_executor_t *executor) {
  {
    const folder a = folder::create("a"), b = folder::create("b");
    values::place place{.folder = a,
                        .parent = b,
                        .others = {a, b},
                        .by_name = {{"a", a}},
                        .kind = values::kind::some{b}};
    values::place back = values::echo(place);
    CHECK(back.folder.is_same(a) && back.parent->is_same(b) && back.others.at(1).is_same(b));
    CHECK(back.by_name.at("a").is_same(a));
    CHECK(std::get<values::kind::some>(back.kind).value.is_same(b));
    place.kind = values::kind::places{{back, place}};
    place = values::echo(place);
    CHECK(std::get<values::kind::places>(place.kind).value.at(0).parent->is_same(b));
    CHECK(a.place({}).folder.is_same(a) && a.place(place).others.size() == 1);
    CHECK_THROWS(tenon::error, values::echo(values::place{}));
    CHECK_THROWS(tenon::error, folder().get_name());
    CHECK(folder::get_count() == 2);

    const std::vector<folder> all = values::folders({"x", "y"});
    CHECK(values::join(all, std::vector<std::optional<folder>>{std::nullopt, a}) == "x/y/-/a");
    const std::vector<std::string> names{"m", "n"};
    const auto map = co_await values::fetch_folders(executor, names);
    CHECK(map.at("n").get_name() == "n");
    try {
      values::take(a);
      CHECK(false);
    } catch (const values::error &error) {
      const auto &taken = std::get<values::error::taken>(error.details);
      CHECK(taken.by.is_same(a));
      CHECK(taken.since.time_since_epoch() == std::chrono::milliseconds(1500));
    }
    auto places = values::places(executor, 2);
    int count = 0;
    while (auto one = co_await places.next())
      CHECK(one->folder.get_name() == std::to_string(count++));
    CHECK(count == 2);
    int calls = 0;
    values::each({a, std::nullopt}, [&](const std::optional<folder> &one, const auto &where) {
      CHECK(one.has_value() == where.has_value());
      calls++;
    });
    CHECK(calls == 2);
    CHECK(values::choose(place, [](const values::place &from) { return from.folder; }).is_same(a));
  }
  CHECK(folder::get_count() == 0);

  values::event event;
  event.id[3] = std::byte{4};
  event.when = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2);
  event.link = "https://example.org/";
  event.data = {std::byte{1}};
  event.maybe_when = event.when;
  event.ids = {event.id};
  event.by_id = {{event.id, event.when}};
  CHECK(co_await values::echo_event(executor, event) == event);
  CHECK(values::nil_uuid() == (std::array<std::byte, 16>{}));
  CHECK(values::later(event.when, std::chrono::seconds(1), event.id) ==
        event.when + std::chrono::seconds(1));
  CHECK(co_await values::fetch_id(executor, event.id) == event.id);
  CHECK(!co_await values::fetch_date(executor, {}));
  CHECK(co_await values::child(executor, "file:///a", "b") == "file:///a/b");
  const auto dates = values::stamps(
      {event.id}, [&](std::array<std::byte, 16> id, auto date, const std::string &link) {
        CHECK(id == event.id && !date && link == "file:///a");
        return event.when;
      });
  CHECK(dates.size() == 1 && dates[0] == event.when);

  values::values all{.copy = {{"a", 1}, {"b", 2}}};
  CHECK(all.mode == values::mode::many && all.sum() == 3);
  all.next = values::mode::few;
  all.title = "t";
  auto items = values::list(executor, {all});
  auto views = tenon::stream<values::values_view>::adopt(std::move(items).release());
  const auto view = co_await views.next();
  CHECK(view && view->copy() == all && view->copy_() == all.copy && view->title() == "t");
  CHECK(view->mode() == values::mode::many && view->next() == values::mode::few);
  CHECK(!co_await views.next());
  co_return 1;
}

} // namespace

int main() { return run(body); }
