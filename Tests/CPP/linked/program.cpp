// A program with shared objects that know nothing of each other: types, errors and categories are
// the same in all of them, where they are the same.
#include "types.hpp"

#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <thread>

#define REQUIRE(...)                                                                               \
  do                                                                                               \
    if (!(__VA_ARGS__)) {                                                                          \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #__VA_ARGS__);                       \
      std::exit(1);                                                                                \
    }                                                                                              \
  while (0)

namespace {
struct hidden {
  long numbers[4];
};
} // namespace
struct same_name {
  long number;
  long more;
};
static auto in_static_function() {
  struct local {
    long numbers[4];
  };
  return local{{1, 2, 3, 4}};
}

namespace {

template <class T> tenon::future<T> from(const exports &library, const char *type) {
  return tenon::future<T>::adopt(library.make(type));
}

/// Whether it is an error to read T.
template <class T> bool refuses(const exports &library, const char *type) {
  try {
    static_cast<void>(from<T>(library, type).get());
  } catch (const tenon::error &error) {
    return error.value() == TENON_STATUS_INVALID;
  }
  return false;
}

void check(const exports &library, bool has_same_standard_library) {
  REQUIRE(from<app::word>(library, "word").get().number == 4);
  REQUIRE(from<app::named>(library, "named").get().numbers[0] == 6);
  REQUIRE(from<app::color>(library, "color").get() == app::color::green);
  REQUIRE(refuses<hidden>(library, "hidden"));
  REQUIRE(refuses<decltype(in_static_function())>(library, "static"));
  REQUIRE(in_static_function().numbers[3] == 4);
  REQUIRE(refuses<std::vector<same_name>>(library, "picture"));
  REQUIRE(refuses<same_name>(library, "same_size"));
  REQUIRE(refuses<app::plain>(library, "picture"));
  REQUIRE(refuses<app::plain>(library, "lambda"));
  try {
    static_cast<void>(from<int>(library, "error").get());
  } catch (const tenon::error &error) {
    REQUIRE(error.domain() == std::string("app") && error.value() == 7);
    REQUIRE(error.code() == std::error_code(7, tenon::category("app")));
  }
  try {
    static_cast<void>(from<int>(library, "cancelled").get());
    REQUIRE(false);
  } catch (const tenon::cancelled &) {
  }
  if (!has_same_standard_library) {
    REQUIRE(refuses<app::picture>(library, "picture"));
    REQUIRE(refuses<std::vector<std::string>>(library, "strings"));
    try {
      static_cast<void>(from<int>(library, "exception").get());
      REQUIRE(false);
    } catch (const tenon::error &) { // what it says depends on whose runtime threw it
    }
    return;
  }
  REQUIRE(from<app::picture>(library, "picture").get().name == "text");
  REQUIRE(from<app::plain>(library, "plain").get().numbers[0] == 5);
  REQUIRE(from<app::tagged<app::color::red>>(library, "tagged").get().numbers[0] == 7);
  REQUIRE(refuses<app::tagged<app::color::green>>(library, "tagged"));
  REQUIRE(from<std::map<int, std::string>>(library, "map").get().at(1) == "one");
  REQUIRE(from<std::vector<std::string>>(library, "strings").get().size() == 1);
  REQUIRE(from<std::unique_ptr<app::plain>>(library, "pointer").get()->numbers[0] == 8);
  REQUIRE(from<app::picture>(library, "picture").share().get().name == "text");
  tenon::promise<app::picture> promise;
  auto future = promise.get_future();
  promise.set_value({1, 2, 3, "text"});
  REQUIRE(library.reads_picture(future.release()));
  try {
    static_cast<void>(from<int>(library, "exception").get());
    REQUIRE(false);
  } catch (const app::failure &failure) {
    REQUIRE(failure.what() == std::string("text"));
  }
  for (const char *domain : {"errno", "tenon", "uv", "app"})
    REQUIRE(library.category(domain) == &tenon::category(domain));
}

} // namespace

/// program SAME|OTHER LIBRARY...: whether their standard library is the program's, and who they are.
int main(int count, char **arguments) {
  std::vector<void *> images;
  std::vector<const exports *> libraries;
  for (int i = 2; i < count; i++) {
    images.push_back(dlopen(arguments[i], RTLD_NOW | RTLD_LOCAL));
    REQUIRE(images.back());
    libraries.push_back(static_cast<const exports *>(dlsym(images.back(), "tenon_exports")));
    REQUIRE(libraries.back());
  }
  for (const exports *library : libraries)
    check(*library, std::strcmp(arguments[1], "SAME") == 0);

  // What several of them leave for the end of a thread comes in its order, although they are closed.
  std::vector<int> order;
  std::vector<tenon::future<int>> futures;
  std::thread thread([&] {
    int number = 0;
    for (int round = 0; round < 2; round++)
      for (const exports *library : libraries) {
        futures.push_back(tenon::future<int>::adopt(library->settle_at_thread_exit(number++))
                              .then(nullptr, [&order](int settled) {
                                order.push_back(settled);
                                return settled;
                              }));
      }
    for (void *image : images)
      dlclose(image);
  });
  thread.join();
  for (std::size_t i = 0; i < futures.size(); i++)
    REQUIRE(futures[i].get() == static_cast<int>(i) && order[i] == static_cast<int>(i));
  // Their categories, too, stay.
  REQUIRE(tenon::category("app").message(1) == "app 1");
  std::puts("ok");
}
