// Every kind of value there and back, functions of every kind, objects, streams both ways, in C++.
#include "../support.hpp"

#include <shapes.hpp>

using namespace std::chrono_literals;

static shapes::everything everything() {
  shapes::everything all;
  all.flag = true;
  all.small = -8;
  all.long_ = INT64_MIN;
  all.unsigned_ = UINT64_MAX;
  all.single = 1.5F;
  all.text = "grüß";
  all.bytes = {std::byte{0}, std::byte{255}};
  all.wait = 1500ms;
  all.color = shapes::color::dark_blue;
  all.maybe_small = -3;
  all.maybe_color = shapes::color::green;
  all.maybe_text = "";
  all.maybe_bytes = std::vector<std::byte>{};
  all.maybe_wait = -1ns;
  all.origin = {3, 4};
  all.numbers = {INT32_MIN, 0};
  all.flags = {true, false};
  all.texts = {"one", "", "three"};
  all.points = {{1, 2}, {3, 4}};
  all.colors = {shapes::color::red};
  all.maybe_numbers = std::vector<std::int64_t>{};
  all.sparse = {5, std::nullopt};
  all.grid = {{1, 2}, {}, {3}};
  all.ages = {{"ada", 36}, {"bob", -1}};
  all.by_number = {{-4, {1, 2}}};
  all.names = {"x", "y"};
  all.lists = {{"k", {"a", "b"}}};
  all.shape = shapes::shape::circle{{1, 2}, 3};
  all.shapes = {shapes::shape::polygon{{{1, 1}}}, shapes::shape::named{"it", std::nullopt},
                shapes::shape::default_{7}};
  all.maybe_shape = shapes::shape::none{};
  return all;
}

static tenon::task<int> use(tenon_executor_t *loop) {
  const shapes::everything all = everything();
  CHECK(shapes::echo(all) == all);
  CHECK(co_await shapes::echo_later(loop, all) == all);
  CHECK(shapes::echo_shape(all.shapes[1]) == all.shapes[1]);
  CHECK(!shapes::echo_shape({}));
  CHECK(shapes::add(2, 3) == 5);
  shapes::nothing();
  CHECK(shapes::divide(7, 2) == 3);
  try {
    static_cast<void>(shapes::divide(-1, 2));
    CHECK(false);
  } catch (const shapes::math_error &error) {
    CHECK(std::get<shapes::math_error::negative>(error.details).reason == "less than nothing");
  }
  CHECK(shapes::upper("straße") == "STRASSE" && !shapes::maybe_upper({}));
  CHECK_THROWS(tenon::error, shapes::upper("\xff"));
  CHECK(shapes::reversed({std::byte{1}, std::byte{2}}).front() == std::byte{2});
  CHECK(shapes::sum({1, 2.5}) == 3.5 && shapes::doubled({4}).at(0) == 8);
  CHECK(shapes::count({}) == -1 && shapes::count(std::vector<std::int64_t>{}) == 0);
  CHECK(shapes::next(shapes::color::red) == shapes::color::green);
  CHECK(shapes::half(9) == 4 && !shapes::half({}));
  CHECK(shapes::lengths({"a", "bcd"}).at("bcd") == 3);
  CHECK(shapes::search("x") == "> x 10 green [] 1.0 false");
  CHECK(shapes::search("x", 0, shapes::color::red, {"w"}, shapes::point{9, 0}, "", true) ==
        "x 0 red [\"w\"] 9.0 true");
  CHECK(co_await shapes::wait(loop, 5s) == 5s);
  CHECK(co_await shapes::fetch_color(loop) == shapes::color::dark_blue);
  CHECK(co_await shapes::fetch_text(loop, true) == "there");
  CHECK(!(co_await shapes::fetch_text(loop, false)));
  CHECK((co_await shapes::fetch_numbers(loop, 3)).size() == 3);
  try {
    static_cast<void>(co_await shapes::fetch_numbers(loop, -1));
    CHECK(false);
  } catch (const shapes::other_error &error) {
    CHECK(std::holds_alternative<shapes::other_error::odd>(error.details));
  }
  CHECK((co_await shapes::fetch_names(loop)).count("a") == 1);
  CHECK((co_await shapes::fetch_map(loop)).at(2).x == 2);
  CHECK(co_await shapes::compute(loop, 12) == 144);
  std::int64_t count = 0;
  for (auto numbers = shapes::countdown(loop, 100); auto number = co_await numbers.next();)
    count += *number;
  CHECK(count == 5050);
  auto [sink, stream] = tenon::make_stream<shapes::point>();
  auto total = shapes::total(loop, std::move(stream));
  for (int x = 1; x <= 10; x++)
    co_await sink.send(shapes::point{double(x), 0});
  sink.close();
  CHECK(co_await total == 55);
  const shapes::point point{3, 4};
  CHECK(shapes::are_default({.corner = {1, 2}}) && !shapes::are_default({}));
  CHECK(point.length() == 5 && !point.is_origin() && shapes::point::unit().x == 1);
  auto counter = shapes::counter::create(5);
  counter.set_value(6);
  counter.add(counter);
  CHECK(counter.get_value() == 12 && counter.add_number(1) == 13 && !counter.is_zero());
  CHECK(shapes::counter::maximum == 1000 && shapes::counter::get_origin() == 7);
  CHECK(!shapes::counter::create_with_positive(-1) && counter.twin(true)->get_value() == 13);
  CHECK_THROWS(shapes::math_error, shapes::counter::create_with_parsing("x"));
  CHECK((co_await counter.later(loop)).get_value() == 13);
  CHECK(counter.step({.step = 3, .names = {}}, shapes::counter_mode::down) == 10);
  auto dog = shapes::dog::create();
  CHECK(dog.bark() == "woof" && dog.name() == "dog" && shapes::name_of(dog) == "dog");
  auto account = shapes::account::create("Ada");
  co_await account.deposit(loop, 50);
  CHECK(co_await account.get_balance(loop) == 50 && account.get_owner() == "Ada");
  CHECK(shapes::vendor == "Ada \"the\" first" && shapes::limit == 100);
  // Names that C++, or what is generated, has already.
  const shapes::std_ standard{1, {{std::vector<std::int32_t>{2}, std::nullopt}}};
  CHECK(shapes::echo_std(standard) == standard);
  CHECK(
      std::get<shapes::detail_::variant>(shapes::echo_detail(shapes::detail_::variant{3}, standard))
          .value == 3);
  CHECK(
      std::holds_alternative<shapes::detail_::any_>(shapes::echo_detail(shapes::detail_::any_{})));
  CHECK(shapes::detail__(shapes::tenon_::lambda) == shapes::tenon_::lambda && shapes::tenon__ == 5);
  try {
    shapes::fail_with(2);
  } catch (const shapes::name_error &error) {
    CHECK(std::get<shapes::name_error::code_>(error.details).value == 2 &&
          error.code().value() == 3);
  }
  CHECK_THROWS(shapes::name_error, shapes::fail_with(3));
  co_return 1;
}

int main() { return run(use); }
