// What the units of one program give each other, however each of them is compiled.
#ifndef TENON_LINKED_UNITS_HPP
#define TENON_LINKED_UNITS_HPP

#include <tenon/tenon.hpp>

#include <stdexcept>
#include <string>
#include <vector>

struct item {
  int number;
  std::string text;
};

inline int twice(int number) { return 2 * number; }
inline int add(int left, int right) { return left + right; }

/// One way of compiling.
struct unit {
  const char *name;
  /// What it makes goes to the others.
  tenon::future<item> (*make)(tenon_executor_t *executor);
  std::pair<tenon::sink<item>, tenon::stream<item>> (*make_stream)();
  tenon::packaged_task<item(int)> (*make_task)();
  /// Of what they made: 0, or the line that is wrong.
  int (*settle)(tenon::promise<item> promise);
  int (*read)(tenon::future<item> future, tenon::executor &executor);
  int (*read_shared)(tenon::shared_future<item> future);
  int (*read_stream)(tenon::sink<item> sink, tenon::stream<item> stream);
  int (*run)(tenon::packaged_task<item(int)> task);
  /// What goes wrong.
  int (*fail)();
};

extern const unit unit_17, unit_20, unit_17_without, unit_20_without, unit_20_without_rtti;

#endif // TENON_LINKED_UNITS_HPP
