// (c) The same work as c/post.c: libuv with a vector behind a mutex or a lock-free queue, and Asio.
#include "../c/bench.h"
#include "either_asio.hpp"

#include <concurrentqueue/concurrentqueue.h>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <uv.h>
#include <vector>

namespace {

constexpr long batch_max = 1024;

long done; // jobs run, on the loop's thread

struct job {
  void (*fn)(void *context);
  void *context;
};

void count(void *context) { *static_cast<long *>(context) += 1; }

// What people write on libuv: a vector, a mutex, uv_async_send().
class uv_queue {
public:
  uv_queue() {
    uv_loop_init(&loop);
    async.data = this;
    uv_async_init(&loop, &async,
                  [](uv_async_t *handle) { static_cast<uv_queue *>(handle->data)->drain(); });
  }
  ~uv_queue() {
    uv_close(reinterpret_cast<uv_handle_t *>(&async), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    BENCH_CHECK(uv_loop_close(&loop) == 0);
  }
  void post(long jobs) {
    for (long i = 0; i < jobs; i++) {
      {
        std::lock_guard<std::mutex> guard(mutex);
        incoming.push_back({count, &done});
      }
      uv_async_send(&async);
    }
  }
  void run(long target) {
    while (done < target)
      uv_run(&loop, UV_RUN_ONCE);
  }

private:
  void drain() {
    {
      std::lock_guard<std::mutex> guard(mutex);
      running.swap(incoming);
    }
    for (const job &job : running)
      job.fn(job.context);
    running.clear();
  }

  uv_loop_t loop;
  uv_async_t async;
  std::mutex mutex;
  std::vector<job> incoming, running;
};

// The same with the lock-free queue that is known best.
class moodycamel_queue {
public:
  moodycamel_queue() {
    uv_loop_init(&loop);
    async.data = this;
    uv_async_init(&loop, &async, [](uv_async_t *handle) {
      static_cast<moodycamel_queue *>(handle->data)->drain();
    });
  }
  ~moodycamel_queue() {
    uv_close(reinterpret_cast<uv_handle_t *>(&async), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    BENCH_CHECK(uv_loop_close(&loop) == 0);
  }
  void post(long jobs) {
    moodycamel::ProducerToken producer(incoming);
    for (long i = 0; i < jobs; i++) {
      BENCH_CHECK(incoming.enqueue(producer, {count, &done}));
      uv_async_send(&async);
    }
  }
  void run(long target) {
    while (done < target)
      uv_run(&loop, UV_RUN_ONCE);
  }

private:
  void drain() {
    job jobs[256];
    while (std::size_t number = incoming.try_dequeue_bulk(jobs, std::size(jobs)))
      for (std::size_t i = 0; i < number; i++)
        jobs[i].fn(jobs[i].context);
  }

  uv_loop_t loop;
  uv_async_t async;
  moodycamel::ConcurrentQueue<job> incoming;
};

class asio_queue {
public:
  void post(long jobs) {
    for (long i = 0; i < jobs; i++)
      asio::post(context, [] { count(&done); });
  }
  void run(long target) {
    while (done < target)
      context.run_one();
  }

private:
  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
};

template <typename Queue> double measure(int threads, long jobs) {
  Queue queue;
  pthread_barrier_t start_line;
  pthread_barrier_init(&start_line, nullptr, static_cast<unsigned>(threads) + 1);
  std::vector<std::thread> producers;
  const std::uint64_t start_ns = bench_now_ns();
  if (threads == 0) {
    for (long first = 0; first < jobs; first += batch_max) {
      const long batch = std::min(batch_max, jobs - first);
      queue.post(batch);
      queue.run(first + batch);
    }
    return bench_ns_per_op(start_ns, jobs);
  }
  for (int i = 0; i < threads; i++)
    producers.emplace_back([&, i] {
      bench_pin(i + 1);
      pthread_barrier_wait(&start_line);
      queue.post(jobs / threads);
    });
  pthread_barrier_wait(&start_line);
  queue.run(jobs / threads * threads);
  for (std::thread &producer : producers)
    producer.join();
  return bench_ns_per_op(start_ns, jobs);
}

} // namespace

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("post", argc, argv);
  bench_pin(0);
  if (bench_is(&bench, "uv"))
    return bench_report(&bench, measure<uv_queue>(bench.variant, bench.iterations));
  if (bench_is(&bench, "moodycamel"))
    return bench_report(&bench, measure<moodycamel_queue>(bench.variant, bench.iterations));
  if (bench_is(&bench, "asio"))
    return bench_report(&bench, measure<asio_queue>(bench.variant, bench.iterations));
  return bench_unknown(&bench);
}
