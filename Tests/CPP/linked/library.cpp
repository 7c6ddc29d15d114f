// A shared object that makes values and errors, and reads them.
#include "types.hpp"

#include <cstring>

namespace {
struct hidden {
  long numbers[4];
};
template <class T> tenon_future_t *ready(T value) {
  tenon::promise<T> promise;
  auto future = promise.get_future();
  promise.set_value(std::move(value));
  return future.release();
}
} // namespace

/// As long as the program's, but the first is no number.
struct same_name {
  char text[sizeof(long)];
};
static auto in_static_function() {
  struct local {
    long numbers[4];
  };
  return local{{1, 2, 3, 4}};
}

static tenon_future_t *make(const char *type) {
  const std::string wanted = type;
  if (wanted == "picture")
    return ready(app::picture{1, 2, 3, "text"});
  if (wanted == "word")
    return ready(app::word{4});
  if (wanted == "plain")
    return ready(app::plain{{5}});
  if (wanted == "named")
    return ready(app::named{{6}});
  if (wanted == "color")
    return ready(app::color::green);
  if (wanted == "tagged")
    return ready(app::tagged<app::color::red>{{7}});
  if (wanted == "map")
    return ready(std::map<int, std::string>{{1, "one"}});
  if (wanted == "strings")
    return ready(std::vector<std::string>{"one"});
  if (wanted == "pointer")
    return ready(std::make_unique<app::plain>(app::plain{{8}}));
  if (wanted == "hidden")
    return ready(hidden{{9}});
  if (wanted == "static")
    return ready(in_static_function());
  if (wanted == "lambda")
    return ready([numbers = app::plain{}] { return numbers; });
  if (wanted == "same_name")
    return ready(std::vector<same_name>{});
  if (wanted == "same_size")
    return ready(same_name{"text"});
  tenon::promise<int> promise;
  auto future = promise.get_future();
  if (wanted == "exception")
    promise.set_exception(std::make_exception_ptr(app::failure("text")));
  else if (wanted == "error")
    promise.set_error(tenon::error("app", 7, "text"));
  else if (wanted == "cancelled")
    promise.cancel();
  return future.release();
}

static bool reads_picture(tenon_future_t *future) {
  return tenon::future<app::picture>::adopt(future).get().name == "text";
}

static const std::error_category *category(const char *domain) { return &tenon::category(domain); }

/// For the end of the thread that calls.
static tenon_future_t *settle_at_thread_exit(int number) {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  promise.set_value_at_thread_exit(number);
  return future.release();
}

extern "C" [[gnu::visibility("default")]] const exports tenon_exports{make, reads_picture, category,
                                                                      settle_at_thread_exit};
