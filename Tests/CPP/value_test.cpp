// What crosses to C and back, and how errors do.
#include "support.hpp"

#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {
/// What C sees of a promise's value.
template <class T, class U = T> tenon_value_t seen_by_c(U &&value) {
  tenon::promise<T> promise;
  auto future = promise.get_future();
  promise.set_value(std::forward<U>(value));
  tenon_value_t seen = tenon_value_none();
  CHECK(tenon_future_take(future.handle(), &seen) == TENON_STATUS_OK);
  return seen;
}

/// A future of T for what C delivers.
template <class T> tenon::future<T> from_c(tenon_value_t value) {
  tenon_promise_t *promise;
  tenon_future_t *future;
  REQUIRE(tenon_promise_create(nullptr, &promise, &future) == TENON_STATUS_OK);
  REQUIRE(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK);
  return tenon::future<T>::adopt(future);
}

enum class color : unsigned char { red = 3 };
struct small_struct {
  int number;
};
struct other_struct {
  int number;
};
struct large_struct {
  long numbers[4];
};
} // namespace

TEST_CASE("C sees numbers, text and bytes as its own kinds") {
  CHECK(seen_by_c<int>(-3).as.i64 == -3);
  CHECK(seen_by_c<int>(-3).kind == TENON_VALUE_I64);
  CHECK(seen_by_c<unsigned char>(static_cast<unsigned char>(200)).as.u64 == 200);
  CHECK(seen_by_c<bool>(true).kind == TENON_VALUE_BOOLEAN);
  CHECK(seen_by_c<float>(0.5f).as.f64 == 0.5);
  CHECK(seen_by_c<color>(color::red).as.u64 == 3);
  for (const std::string text : {"short", "a text that does not fit into the value itself"}) {
    tenon_value_t value = seen_by_c<std::string>(text);
    CHECK(value.kind == TENON_VALUE_STRING);
    const void *data;
    size_t size;
    REQUIRE(tenon_value_get_data(&value, &data, &size) == TENON_STATUS_OK);
    CHECK(std::string(static_cast<const char *>(data), size) == text);
    tenon_value_drop(&value);
  }
  CHECK(seen_by_c<std::string>("\xff").kind == TENON_VALUE_BYTES);
  CHECK(seen_by_c<std::vector<std::byte>>(std::vector<std::byte>(3)).kind == TENON_VALUE_BYTES);
}

TEST_CASE("what C delivers is read as what it fits into") {
  CHECK(from_c<int>(tenon_value_i64(-5)).get() == -5);
  CHECK(from_c<int>(tenon_value_u64(5)).get() == 5);
  CHECK(from_c<unsigned>(tenon_value_i64(5)).get() == 5);
  CHECK(from_c<double>(tenon_value_f64(0.25)).get() == 0.25);
  from_c<void>(tenon_value_i64(5)).get();
  tenon_value_t text;
  REQUIRE(tenon_value_copy_string("text", 4, &text) == TENON_STATUS_OK);
  auto shared = from_c<std::string>(text).share();
  CHECK(shared.get() == "text");
  CHECK(&shared.get() == &shared.get());
}

TEST_CASE("another type is an error, and the value is dropped") {
  CHECK(status_of([] { return from_c<signed char>(tenon_value_i64(128)).get(); }) ==
        TENON_STATUS_INVALID);
  CHECK(status_of([] { return from_c<unsigned>(tenon_value_i64(-1)).get(); }) ==
        TENON_STATUS_INVALID);
  CHECK(status_of([] { return from_c<bool>(tenon_value_i64(1)).get(); }) == TENON_STATUS_INVALID);
  CHECK(status_of([] { return from_c<std::string>(tenon_value_none()).get(); }) ==
        TENON_STATUS_INVALID);
  CHECK(status_of([] { return from_c<large_struct>(tenon_value_i64(1)).get().numbers[0]; }) ==
        TENON_STATUS_INVALID);
  CHECK(status_of([] { return from_c<counted>(seen_by_c<small_struct>({1})).get().number; }) ==
        TENON_STATUS_INVALID);
  CHECK(status_of([] { return from_c<other_struct>(seen_by_c<small_struct>({1})).get().number; }) ==
        TENON_STATUS_INVALID);
  CHECK(status_of([] { return from_c<int>(seen_by_c<counted>(counted(1))).get(); }) ==
        TENON_STATUS_INVALID);
  auto shared = from_c<int>(seen_by_c<counted>(counted(1))).share();
  CHECK(status_of([&] { return shared.get(); }) == TENON_STATUS_INVALID);
  shared = {};
  CHECK(counted::alive == 0);
}

TEST_CASE("a value that is not what is asked for, or comes too late, is dropped") {
  auto other = from_c<int>(seen_by_c<counted>(counted(1)));
  std::optional<int> number;
  CHECK(other.try_get(number) == TENON_STATUS_INVALID);
  CHECK_FALSE(number);
  CHECK(counted::alive == 0);

  tenon::promise<counted> promise;
  REQUIRE(tenon_promise_cancel(promise.handle()) == TENON_STATUS_OK); // by somebody in C
  static_cast<void>(promise.get_future());
  CHECK(future_error_of([&] { return promise.set_value(counted(2)), 0; }) == satisfied);
  CHECK(counted::alive == 0);
}

TEST_CASE("an exception that stands for a cancel is one") {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  promise.set_exception(std::make_exception_ptr(tenon::cancelled()));
  CHECK(tenon_future_poll(future.handle()) == TENON_STATUS_CANCELLED);
  auto [sink, stream] = tenon::make_stream<int>();
  CHECK(sink.fail(std::make_exception_ptr(tenon::cancelled())));
  std::optional<int> item;
  CHECK(stream.try_next(item) == TENON_STATUS_CANCELLED);
}

TEST_CASE("what is small and trivial needs no memory, and the rest is one object") {
  const bool small_has = seen_by_c<small_struct>({1}).drop != nullptr;
  CHECK_FALSE(small_has);
  const bool pointer_has = seen_by_c<int *>(nullptr).drop != nullptr;
  CHECK_FALSE(pointer_has);
  auto large = seen_by_c<large_struct>({{1, 2, 3, 4}});
  const bool has_drop = large.drop != nullptr;
  CHECK(has_drop);
  CHECK(from_c<large_struct>(large).get().numbers[3] == 4);
  struct alignas(64) aligned {
    int number;
  };
  tenon::promise<aligned> promise;
  auto shared = promise.get_future().share();
  promise.set_value(aligned{7});
  CHECK(reinterpret_cast<std::uintptr_t>(&shared.get()) % 64 == 0);
}

TEST_CASE("a handle goes to C and comes back") {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  tenon_future_t *handle = future.release();
  CHECK_FALSE(future.valid());
  tenon_promise_t *writer = promise.release();
  CHECK(promise.release() == nullptr);
  tenon_value_t value = tenon_value_i64(11);
  CHECK(tenon_promise_resolve(writer, &value) == TENON_STATUS_OK);
  auto second = tenon::future<int>::borrow(handle);
  CHECK(tenon::future<int>::adopt(handle).get() == 11);
  CHECK(status_of([&] { return second.get(); }) == TENON_STATUS_TAKEN);
  CHECK_FALSE(tenon::future<int>::borrow(nullptr).valid());
  CHECK(status_of([&] { return tenon::future<int>::adopt(handle).get(); }) == TENON_STATUS_STALE);
}

TEST_CASE("C sees an exception's type, message and code") {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  promise.set_exception(std::make_exception_ptr(
      std::system_error(std::make_error_code(std::errc::no_such_file_or_directory), "open")));
  const auto failure = future.failure();
  REQUIRE(failure);
  CHECK(std::string(failure->domain()) == "cxx.std::system_error");
  CHECK(failure->value() == ENOENT);
  CHECK(std::string(failure->what()).find("open") == 0);

  tenon::promise<int> odd;
  auto odd_future = odd.get_future();
  odd.set_exception(std::make_exception_ptr(std::runtime_error("\xff")));
  CHECK(odd_future.failure()->what() == std::string("\xef\xbf\xbd"));
  CHECK_THROWS_AS(odd_future.get(), std::runtime_error);
}

TEST_CASE("an error of another language is a system_error of its domain") {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  const tenon::error cause("errno", ENOENT, "no such file");
  promise.set_error(tenon::error("settings", 3, "cannot read", &cause));
  try {
    static_cast<void>(future.get());
    FAIL("no error");
  } catch (const std::system_error &error) {
    CHECK(error.code().value() == 3);
    CHECK(std::string(error.code().category().name()) == "settings");
    CHECK(&error.code().category() == &tenon::category("settings"));
    CHECK(std::string(error.what()) == "cannot read");
    const auto inner = dynamic_cast<const tenon::error &>(error).cause();
    REQUIRE(inner);
    CHECK(inner->code() == std::errc::no_such_file_or_directory);
    CHECK_FALSE(inner->cause());
  }
  CHECK(tenon::error("uv", -EACCES, "").code() == std::errc::permission_denied);
  CHECK(tenon::error("far", std::int64_t{1} << 40, "").code().value() ==
        std::numeric_limits<int>::max());
}

TEST_CASE("an error that is passed on is the same error") {
  tenon::promise<int> first, second;
  auto first_future = first.get_future(), second_future = second.get_future();
  const tenon::error sent("swift.Module.Failure", 1, "text");
  first.set_error(sent);
  try {
    static_cast<void>(first_future.get());
  } catch (...) {
    second.set_exception(std::current_exception());
  }
  CHECK(second_future.failure()->handle() == sent.handle());

  struct derived : tenon::error {
    derived() : error("mine", 1, "text") {}
  };
  tenon::promise<int> third;
  auto third_future = third.get_future();
  third.set_exception(std::make_exception_ptr(derived()));
  CHECK_THROWS_AS(third_future.get(), derived);
}

TEST_CASE("statuses do without exceptions") {
  tenon::promise<std::string> promise;
  auto future = promise.get_future();
  std::optional<std::string> out;
  CHECK(future.try_get(out) == TENON_STATUS_PENDING);
  CHECK(future.try_wait(0) == TENON_STATUS_TIMEOUT);
  CHECK(promise.try_set_value("text") == TENON_STATUS_OK);
  CHECK(promise.try_set_value("again") == TENON_STATUS_ALREADY_SETTLED);
  CHECK(future.try_get(out) == TENON_STATUS_OK);
  CHECK(out == "text");
  CHECK_FALSE(future.valid());

  auto wrong = from_c<std::string>(tenon_value_i64(1));
  CHECK(wrong.try_get(out) == TENON_STATUS_INVALID);
  tenon::promise<void> failed;
  auto failure = failed.get_future();
  CHECK(failed.try_set_error(tenon::error("mine", 1, "")) == TENON_STATUS_OK);
  CHECK(failure.try_get() == TENON_STATUS_REJECTED);
  CHECK(failure.failure()->value() == 1);
}

TEST_CASE("an error says what it can, whatever its texts are") {
  const tenon::error latin("app", 3, "caf\xe9 \xed\xa0\x80 \xc3\xa9");
  CHECK(latin.handle());
  CHECK(latin.value() == 3);
  CHECK(latin.domain() == std::string("app"));
  CHECK(latin.what() ==
        std::string("caf\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xc3\xa9"));
  CHECK(tenon::error("d\xff", 3, nullptr).domain() == std::string("d\xef\xbf\xbd"));
  CHECK(tenon::error("", 3, "text").domain() == std::string("unknown"));
  CHECK(tenon::error(nullptr, 3, "text").what() == std::string("text"));
  for (const char *cut : {"\xf0", "\xf0\x9f", "\xf0\x9f\x98", "\xe2\x82", "\xc3"})
    CHECK(tenon::error("app", 3, cut).handle());
}

TEST_CASE("an error without a handle settles what it is given to") {
  const tenon::error none = tenon::error::adopt(nullptr); // as without memory
  tenon::promise<int> first, second;
  auto first_future = first.get_future(), second_future = second.get_future();
  first.set_error(none);
  CHECK(status_of([&] { return first_future.get(); }) == TENON_STATUS_NO_RESOURCES);
  CHECK(second.try_set_error(none) == TENON_STATUS_OK);
  CHECK(status_of([&] { return second_future.get(); }) == TENON_STATUS_NO_RESOURCES);

  tenon::error stale("app", 1, "text");
  tenon_error_release(stale.handle());
  tenon::promise<int> third;
  auto third_future = third.get_future();
  third.set_error(stale);
  CHECK(future_error_of([&] { return third_future.get(); }) == broken);

  tenon::promise<int> thrown;
  auto thrown_future = thrown.get_future();
  thrown.set_exception(std::make_exception_ptr(none));
  CHECK(status_of([&] { return thrown_future.get(); }) == TENON_STATUS_NO_RESOURCES);

  auto [sink, stream] = tenon::make_stream<int>(4);
  CHECK(sink.fail(none));
  CHECK(status_of([&reader = stream] { return reader.next().get().has_value(); }) ==
        TENON_STATUS_NO_RESOURCES);
  auto [other, ends] = tenon::make_stream<int>(4);
  CHECK(other.fail(tenon::error("app", 1, "\xff")));
  CHECK(ends.failure()->what() == std::string("\xef\xbf\xbd"));
  auto [publisher, latest] = tenon::make_latest<int>();
  CHECK(publisher.fail(std::make_exception_ptr(none)));
  CHECK(status_of([&reader = latest] { return reader.next().get().has_value(); }) ==
        TENON_STATUS_NO_RESOURCES);

  tenon::promise<int> cancelled;
  auto cancelled_future = cancelled.get_future();
  cancelled_future.cancel(none);
  CHECK(cancelled.is_cancelled());
}

TEST_CASE("an error says the truth in a fork's child, too") {
  const tenon::error parents("app", 7, "text"), number("errno", ENOENT, "text");
  tenon::promise<int> promise;
  auto future = promise.get_future();
  const auto is = [](const tenon::error &error, const char *domain, int code, const char *text) {
    const tenon::error copy(error);
    return std::string(copy.domain()) == domain && copy.value() == code &&
           copy.code() == std::error_code(code, tenon::category(domain)) &&
           std::string(copy.what()).find(text) != std::string::npos && !copy.cause();
  };
  const pid_t child = ::fork();
  if (child == 0) {
    const bool rights[] = {
        is(tenon::error(TENON_STATUS_TIMEOUT), "tenon", TENON_STATUS_TIMEOUT,
           tenon_status_string(TENON_STATUS_TIMEOUT)),
        is(tenon::cancelled(), "tenon", TENON_STATUS_CANCELLED, "cancel"),
        is(tenon::error("mine", 5, "words", &parents), "mine", 5, "words"),
        is(tenon::error(nullptr, 5, nullptr), "unknown", 5, "5"),
        is(tenon::error("mine", INT64_MAX, "words"), "mine", INT_MAX, "words"),
        is(parents, "app", 7, "app 7"),
        is(number, "errno", ENOENT, "o such file"),
        is(tenon::error::adopt(parents.handle()), "tenon", TENON_STATUS_FORKED, "forked"),
        status_of([&] { return future.get(); }) == TENON_STATUS_FORKED,
        status_of([] { return tenon::promise<int>().get_future(); }) == TENON_STATUS_FORKED,
        status_of([] { return tenon::executor(); }) == TENON_STATUS_FORKED,
    };
    int wrong = 0;
    for (const bool is_right : rights)
      wrong = is_right ? wrong : static_cast<int>(&is_right - rights) + 1;
    std::_Exit(wrong);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(parents.what() == std::string("text"));
  promise.set_value(1);
  CHECK(future.get() == 1);
}

TEST_CASE("a type is known by its name where no other type can have it") {
  using tenon::detail::is_local;
  for (const char *name : {"N3app7pictureE", "St6vectorIiSaIiEE", "6taggedILN3app5colorE0EE",
                           "6taggedIL5color1EE", "Z1fvE5local", "4ZL_a", "UlvE_"})
    CHECK_FALSE(is_local(name));
  for (const char *name :
       {"*UlvE_", "N12_GLOBAL__N_16hiddenE", "ZL1fvE5local", "ZN3appL1fEvE5local", "3$_0",
        "6taggedIXadL_ZL6objectEEE", "St6vectorIZL1fvE5localSaIS0_EE"})
    CHECK(is_local(name));
  CHECK(tenon::detail::mark<small_struct>() != tenon::detail::mark<other_struct>());
  CHECK(tenon::detail::mark<small_struct>() !=
        tenon::detail::mark<tenon::detail::in_box<small_struct>>());
  CHECK_FALSE(tenon::detail::is_mark<small_struct>(nullptr));
}
