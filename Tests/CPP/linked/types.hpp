// What the shared objects of one program pass to each other.
#ifndef TENON_LINKED_TYPES_HPP
#define TENON_LINKED_TYPES_HPP

#include <tenon/tenon.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace app {
inline namespace v1 {
struct picture {
  int width, height, depth;
  std::string name;
};
} // namespace v1
struct word {
  int number;
};
struct plain {
  long numbers[4];
};
struct named {
  long numbers[4];
};
enum class color { red, green };
template <auto value> struct tagged { long numbers[3]; };
struct failure : std::runtime_error {
  using runtime_error::runtime_error;
};
} // namespace app
template <> inline constexpr const char *tenon::type_name<app::named> = "app.named";

/// What a shared object gives the program, each by name.
struct exports {
  tenon_future_t *(*make)(const char *type);
  bool (*reads_picture)(tenon_future_t *future);
  const std::error_category *(*category)(const char *domain);
  tenon_future_t *(*settle_at_thread_exit)(int number);
};

#endif // TENON_LINKED_TYPES_HPP
