// The same random programs of promise and future operations, against the standard library and
// against ours: what each operation answers is written down, and must be the same text.
#include "support.hpp"

#include <memory>
#include <random>
#include <sstream>

namespace {

constexpr int slot_count = 4;

template <class T> T make(int number) {
  if constexpr (std::is_same_v<T, std::string>)
    return std::string(static_cast<std::size_t>(number % 40), 'x') + "\xff" +
           std::to_string(number);
  else if constexpr (std::is_same_v<T, std::shared_ptr<int>>)
    return std::make_shared<int>(number);
  else
    return static_cast<T>(number);
}
template <class T> std::string show(const T &value) {
  std::ostringstream text;
  if constexpr (std::is_same_v<T, std::shared_ptr<int>>)
    text << *value;
  else
    text << value;
  return text.str();
}

/// What f() answers, or throws, as text.
template <class F> std::string observe(F &&f) {
  try {
    return f();
  } catch (const std::future_error &error) {
    return std::string("future_error ") + error.what();
  } catch (const std::exception &error) {
    return std::string("exception ") + error.what();
  } catch (int number) {
    return "int " + std::to_string(number);
  }
}

/// A program: each step is an operation on two of the slots, chosen by the seed alone.
template <class L, class T> std::string run(unsigned seed, int steps) {
  typename L::template promise<T> promises[slot_count];
  typename L::template future<T> futures[slot_count];
  typename L::template shared_future<T> shared[slot_count];
  std::mt19937 random(seed);
  std::ostringstream log;
  const auto step = [&](int operation, int at, int other, int number) -> std::string {
    auto &promise = promises[at];
    auto &future = futures[at];
    auto &reader = shared[at];
    switch (operation) {
    case 0:
      promise = typename L::template promise<T>();
      return "new";
    case 1:
      futures[other] = promise.get_future();
      return "future";
    case 2:
      promise.set_value(make<T>(number));
      return "set";
    case 3: {
      const T value = make<T>(number);
      promise.set_value(value);
      return "set copy";
    }
    case 4:
      promise.set_exception(std::make_exception_ptr(number));
      return "set int";
    case 5:
      promise.set_exception(std::make_exception_ptr(std::out_of_range(std::to_string(number))));
      return "set exception";
    case 6:
    case 7:
      // A get() of what is pending would wait for ever.
      if (future.valid() && future.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        return "pending";
      return "got " + show(future.get());
    case 8:
      return "valid " + std::to_string(future.valid()) + std::to_string(reader.valid());
    case 9:
      shared[other] = future.share();
      return "share";
    case 10:
      if (reader.valid() && reader.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        return "pending";
      if (!reader.valid())
        return "invalid"; // std's get() without a state is undefined
      return "read " + show(reader.get()) + (&reader.get() == &reader.get() ? " same" : " other");
    case 11:
      shared[other] = reader;
      return "copy";
    case 12:
      shared[other] = std::move(reader);
      return "move shared";
    case 13:
      futures[other] = std::move(future);
      return "move future";
    case 14:
      promises[other] = std::move(promise);
      return "move promise";
    case 15:
      swap(promise, promises[other]);
      return "swap";
    case 16:
      return "ready " +
             std::to_string(static_cast<int>(future.wait_until(std::chrono::steady_clock::now())));
    default:
      return reader.valid() && shared[other].valid() &&
                     reader.wait_for(std::chrono::seconds(0)) == std::future_status::ready &&
                     shared[other].wait_for(std::chrono::seconds(0)) == std::future_status::ready
                 ? std::to_string(&reader.get() == &shared[other].get())
                 : "not both";
    }
  };
  for (int i = 0; i < steps; i++) {
    const auto draw = [&](unsigned bound) { return static_cast<int>(random() % bound); };
    const int operation = draw(18), at = draw(slot_count), other = draw(slot_count);
    const int number = draw(100);
    if (at == other && operation >= 12 && operation <= 15)
      continue; // moving to itself is undefined
    log << operation << ' ' << at << ' ' << other << ": "
        << observe([&] { return step(operation, at, other, number); }) << '\n';
  }
  return log.str();
}

} // namespace

TEST_CASE_TEMPLATE("a random program does the same with either", T, int, double, std::string,
                   std::shared_ptr<int>) {
  for (unsigned seed = 1; seed <= 400; seed++) {
    INFO("seed " << seed);
    REQUIRE(run<standard, T>(seed, 200) == run<ours, T>(seed, 200));
  }
}
