// (b) A worker has a function called on a loop, which answers by an eventfd: one round trip. By the loop's own means, and by a
// post to an executor on it.
#include "../c/bench.h"

#include <tenon/asio.hpp>
#include <tenon/epoll.h>
#include <tenon/ev.h>
#include <tenon/event.h>
#include <tenon/glib.h>
#include <tenon/qt.hpp>
#include <tenon/sd-event.h>
#include <tenon/uring.h>

#include <QtCore/QMetaObject>
#include <event2/thread.h>

#include <functional>
#include <thread>

namespace asio = boost::asio;

static long iterations;
static long heard; // on the loop's thread
static int answer_fd;

static void send(int fd) {
  const std::uint64_t one = 1;
  BENCH_CHECK(write(fd, &one, sizeof one) == sizeof one);
}

static void receive(int fd) {
  std::uint64_t count;
  BENCH_CHECK(read(fd, &count, sizeof count) == sizeof count);
}

static bool is_over() { return heard >= iterations; }

/// What each request does on the loop.
static void answer() {
  heard++;
  send(answer_fd);
}

static void job(void *, tenon_status_t status) {
  if (status == TENON_STATUS_OK)
    answer();
}

/// A loop: one turn of it, and its own way to have answer() called, from another thread.
struct subject {
  std::function<void()> turn;
  std::function<void()> call;
  tenon_executor_t *executor = nullptr;
};

static tenon_executor_t *attached(tenon_status_t status, tenon_executor_t *executor) {
  BENCH_CHECK(status == TENON_STATUS_OK);
  return executor;
}

static subject glib() {
  GMainContext *const context = g_main_context_new();
  tenon_executor_t *executor = nullptr;
  const auto status = tenon_glib_attach(context, nullptr, &executor);
  return {[=] { g_main_context_iteration(context, TRUE); },
          [=] {
            GSource *const source = g_idle_source_new(); // g_idle_add(), for this context
            g_source_set_callback(
                source,
                [](gpointer) -> gboolean {
                  answer();
                  return G_SOURCE_REMOVE;
                },
                nullptr, nullptr);
            g_source_attach(source, context);
            g_source_unref(source);
          },
          attached(status, executor)};
}

static subject libevent() {
  evthread_use_pthreads();
  event_base *const base = event_base_new();
  event *const ours = event_new(
      base, -1, EV_PERSIST, [](evutil_socket_t, short, void *) { answer(); }, nullptr);
  const timeval hour = {3600, 0};
  event_add(ours, &hour);
  tenon_executor_t *executor = nullptr;
  const auto status = tenon_event_attach(base, nullptr, &executor);
  return {[=] { event_base_loop(base, EVLOOP_ONCE); }, [=] { event_active(ours, 0, 0); },
          attached(status, executor)};
}

static subject libev() {
  struct ev_loop *const loop = ev_loop_new(EVFLAG_AUTO);
  static ev_async ours;
  ev_async_init(&ours, [](struct ev_loop *, ev_async *, int) { answer(); });
  ev_async_start(loop, &ours);
  tenon_executor_t *executor = nullptr;
  const auto status = tenon_ev_attach(loop, nullptr, &executor);
  return {[=] { ev_run(loop, EVRUN_ONCE); }, [=] { ev_async_send(loop, &ours); },
          attached(status, executor)};
}

// Of its own it has nothing for threads: who needs it watches an eventfd, as here.
static subject sd_events() {
  sd_event *event = nullptr;
  BENCH_CHECK(sd_event_new(&event) >= 0);
  static const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  BENCH_CHECK(sd_event_add_io(
                  event, nullptr, fd, EPOLLIN,
                  [](sd_event_source *, int, std::uint32_t, void *) {
                    receive(fd);
                    answer();
                    return 0;
                  },
                  nullptr) >= 0);
  tenon_executor_t *executor = nullptr;
  const auto status = tenon_sd_event_attach(event, nullptr, &executor);
  return {[=] { sd_event_run(event, UINT64_MAX); }, [] { send(fd); }, attached(status, executor)};
}

static subject epolls() {
  tenon_epoll_t *loop = nullptr;
  BENCH_CHECK(tenon_epoll_create(&loop) == TENON_STATUS_OK);
  static const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  tenon_epoll_watch(
      loop, fd, EPOLLIN,
      [](void *, std::uint32_t) {
        receive(fd);
        answer();
      },
      nullptr);
  tenon_executor_t *executor = nullptr;
  const auto status = tenon_epoll_attach(loop, nullptr, &executor);
  return {[=] { tenon_epoll_run_once(loop, -1); }, [] { send(fd); }, attached(status, executor)};
}

static subject asios() {
  auto *const context = new asio::io_context;
  auto *const work = new auto(asio::make_work_guard(*context));
  (void)work;
  return {[=] { context->run_one(); }, [=] { asio::post(*context, answer); },
          tenon::attach(*context).release()};
}

static subject qts() {
  static int argc = 1;
  static char name[] = "loops", *argv[] = {name, nullptr};
  auto *const application = new QCoreApplication(argc, argv);
  return {[] { QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents); },
          [=] { QMetaObject::invokeMethod(application, answer, Qt::QueuedConnection); },
          tenon::attach_qt().release()};
}

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("loops", argc, argv);
  const struct {
    const char *name;
    subject (*make)();
  } loops[] = {{"glib", glib},    {"event", libevent}, {"ev", libev}, {"sd-event", sd_events},
               {"epoll", epolls}, {"asio", asios},     {"qt", qts}};
  iterations = bench.iterations;
  answer_fd = eventfd(0, EFD_CLOEXEC);
  for (const auto &loop : loops) {
    const std::string name = loop.name;
    const bool is_own = bench.subject == name + "-own";
    if (!is_own && bench.subject != name + "-tenon")
      continue;
    subject made = loop.make();
    if (!is_own)
      made.call = [executor = made.executor] {
        BENCH_CHECK(tenon_executor_post(executor, job, nullptr) == TENON_STATUS_OK);
      };
    timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    std::thread worker([&] {
      bench_pin(1);
      for (long i = 0; i < iterations; i++) {
        made.call();
        receive(answer_fd);
      }
    });
    bench_pin(0);
    while (!is_over())
      made.turn();
    clock_gettime(CLOCK_MONOTONIC, &end);
    worker.join();
    const double ns = static_cast<double>(end.tv_sec - begin.tv_sec) * 1e9 +
                      static_cast<double>(end.tv_nsec - begin.tv_nsec);
    return bench_report(&bench, ns / static_cast<double>(iterations));
  }
  return bench_unknown(&bench);
}
