// Lets coroutines of one thread wait until something has changed.
#ifndef SEARCH_GATE_HPP
#define SEARCH_GATE_HPP

#include <tenon/tenon.hpp>

#include <memory>
#include <utility>
#include <vector>

class gate {
public:
  /// Is there when open() is called next, or cancelled when that is asked for.
  tenon::future<void> wait() {
    auto promise = std::make_shared<tenon::promise<void>>();
    auto future = promise->get_future();
    promise->on_cancel(nullptr, [promise] { promise->cancel(); });
    waiting_.push_back(std::move(promise));
    return future;
  }

  void open() {
    for (const auto &promise : std::exchange(waiting_, {}))
      static_cast<void>(promise->try_set_value()); // unless it was cancelled
  }

private:
  std::vector<std::shared_ptr<tenon::promise<void>>> waiting_;
};

#endif
