// The adapter for Qt, checked; and futures of QFutures, QFutures of futures. Of Qt 5 and of Qt 6.
#include "alone.h"
#include "child.h"

#include <tenon/qt.hpp>

#include <QtCore/QEventLoop>
#include <QtCore/QTimer>

#include <cstdio>
#include <vector>

namespace {

struct world {
  int argc = 1;
  char name[3] = "qt";
  char *argv[2] = {name, nullptr};
  QCoreApplication application{argc, argv};
  std::vector<QEventLoop *> loops;
};

world &of(void *loop) { return *static_cast<world *>(loop); }

void run(void *loop) {
  QEventLoop here;
  of(loop).loops.push_back(&here);
  here.exec();
  of(loop).loops.pop_back();
}

tenon_status_t attach(void *, tenon_executor_t **executor_out) {
  try {
    *executor_out = tenon::attach_qt().release();
    return TENON_STATUS_OK;
  } catch (const tenon::error &error) {
    return static_cast<tenon_status_t>(error.value());
  }
}

int failures = 0;
void expect(bool held, const char *what) {
  if (held)
    return;
  failures++;
  std::fprintf(stderr, "qt: not so: %s\n", what);
}

template <class Held> void turn_until(Held held) {
  while (!held())
    QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

void check_futures() {
  try {
    static_cast<void>(tenon::attach_qt());
    expect(false, "a thread without an event loop gets no executor");
  } catch (const tenon::error &error) {
    expect(error.value() == TENON_STATUS_UNSUPPORTED, "a thread without an event loop is told so");
  }
  world here;
  tenon::executor executor = tenon::attach_qt();
  QFuture<int> answer = tenon::to_qt(tenon::async(executor, [] { return 42; }));
  turn_until([&] { return answer.isFinished(); });
  expect(answer.result() == 42, "a result is a QFuture's");
  tenon::future<int> again = tenon::from_qt(answer);
  turn_until([&] { return again.is_ready(); });
  expect(again.get() == 42, "a QFuture's result is a future's");

  tenon::promise<int> promise;
  QFuture<int> cancelled = tenon::to_qt(promise.get_future());
  cancelled.cancel();
  turn_until([&] { return promise.is_cancelled(); });
  promise.cancel();
  turn_until([&] { return cancelled.isFinished(); });
  expect(cancelled.isCanceled(), "a cancel of a QFuture is one of its future");

  QFutureInterface<int> pending;
  pending.reportStarted();
  tenon::future<int> asked = tenon::from_qt(pending.future());
  asked.cancel();
  expect(pending.isCanceled(), "a cancel of a future is one of its QFuture");
  pending.reportFinished();
  turn_until([&] { return asked.is_ready(); });
  expect(asked.try_wait(0) == TENON_STATUS_CANCELLED, "a cancelled QFuture is a cancelled future");

  QFuture<void> failed =
      tenon::to_qt(tenon::async(executor, [] { throw std::runtime_error("wrong"); }));
  turn_until([&] { return failed.isFinished(); });
  try {
    failed.waitForFinished();
    expect(false, "an exception is a QFuture's");
  } catch (const std::exception &) {
  }
  bool is_detached = false;
  tenon::detach_qt(
      executor, TENON_FOREVER,
      [](void *detached, tenon_status_t) { *static_cast<bool *>(detached) = true; }, &is_detached);
  turn_until([&] { return is_detached; });
}

} // namespace

int main() {
  tenon_adapter_subject_t subject = TENON_ADAPTER_SUBJECT_INIT;
  subject.name = "qt " QT_VERSION_STR;
  subject.traits = TENON_ADAPTER_TRAIT_NESTS | TENON_ADAPTER_TRAIT_TURNS |
                   TENON_ADAPTER_TRAIT_OUTLIVES | TENON_ADAPTER_TRAIT_SIGNALS;
  subject.precision_ns = 1000000;
  subject.create = []() -> void * { return new world; };
  subject.run = run;
  subject.stop = [](void *loop) {
    if (!of(loop).loops.empty())
      of(loop).loops.back()->quit();
  };
  subject.after = [](void *loop, std::uint32_t delay_ms, tenon_adapter_callback_fn fn,
                     void *context) {
    QTimer::singleShot(static_cast<int>(delay_ms), Qt::PreciseTimer, &of(loop).application,
                       [fn, context] { fn(context); });
  };
  subject.destroy = [](void *loop) { delete static_cast<world *>(loop); };
  subject.attach = attach;
  subject.detach = [](tenon_executor_t *executor, std::uint64_t timeout_ns,
                      tenon_adapter_detached_fn fn, void *context) {
    return tenon::detach_qt(executor, timeout_ns, fn, context);
  };
  const int failed = tenon_adapter_check(&subject, stderr);
  failures += check_alone(&subject) != 0;
  failures += check_child(&subject, nullptr) != 0;
  check_futures();
  return failed != 0 || failures != 0;
}
