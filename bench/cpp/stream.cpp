// (h) The same work as c/stream.c: Boost's single-producer queue, with a mutex and a condition to wait on.
#include "../c/bench.h"

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace {

struct item {
  unsigned char *buffer;
  long number;
  void *unused[2]; // as large as a tenon_value_t
};

class queue {
public:
  explicit queue(std::size_t capacity) : ring(capacity) {}

  void send(const item *items, std::size_t count) {
    while (count > 0) {
      const std::size_t sent = ring.push(items, count);
      items += sent;
      count -= sent;
      if (sent > 0)
        wake();
      else
        wait([&] { return ring.write_available() > 0; });
    }
  }

  std::size_t receive(item *items, std::size_t count) {
    for (;;) {
      const std::size_t received = ring.pop(items, count);
      if (received > 0) {
        wake();
        return received;
      }
      wait([&] { return ring.read_available() > 0; });
    }
  }

private:
  void wake() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (waiters.load(std::memory_order_relaxed) == 0)
      return;
    std::lock_guard<std::mutex> guard(mutex);
    changed.notify_all();
  }

  template <typename Condition> void wait(Condition holds) {
    std::unique_lock<std::mutex> guard(mutex);
    waiters.fetch_add(1, std::memory_order_seq_cst);
    changed.wait(guard, holds);
    waiters.fetch_sub(1, std::memory_order_relaxed);
  }

  boost::lockfree::spsc_queue<item> ring;
  std::atomic<int> waiters{0};
  std::mutex mutex;
  std::condition_variable changed;
};

} // namespace

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("stream", argc, argv);
  if (!bench_is(&bench, "spsc"))
    return bench_unknown(&bench);
  const bool is_buffers = bench.variant >= 100000000;
  const std::size_t capacity = bench.variant % 100000000 / 10000, batch = bench.variant % 10000;
  const long items = bench.iterations;
  queue there(capacity), back(2 * capacity + batch);
  std::vector<std::vector<unsigned char>> memory(is_buffers ? capacity + batch : 0,
                                                 std::vector<unsigned char>(4096));
  for (auto &buffer : memory) {
    const item free{buffer.data(), 0, {}};
    back.send(&free, 1);
  }
  pthread_barrier_t start_line;
  pthread_barrier_init(&start_line, nullptr, 2);
  bench_pin(0);
  std::thread writer([&] {
    std::vector<item> values(batch);
    bench_pin(1);
    pthread_barrier_wait(&start_line);
    for (long sent = 0; sent < items;) {
      std::size_t count = std::min<std::size_t>(batch, items - sent);
      if (is_buffers) {
        count = back.receive(values.data(), count);
        for (std::size_t i = 0; i < count; i++)
          memset(values[i].buffer, static_cast<int>(sent), 4096);
      } else {
        for (std::size_t i = 0; i < count; i++)
          values[i].number = sent + static_cast<long>(i);
      }
      there.send(values.data(), count);
      sent += static_cast<long>(count);
    }
  });
  pthread_barrier_wait(&start_line);
  const std::uint64_t start_ns = bench_now_ns();
  std::vector<item> values(batch);
  long sum = 0;
  for (long received = 0; received < items;) {
    const std::size_t count = there.receive(values.data(), batch);
    for (std::size_t i = 0; i < count; i++)
      if (is_buffers)
        sum += values[i].buffer[4095];
      else
        BENCH_CHECK(values[i].number == received + static_cast<long>(i));
    received += static_cast<long>(count);
    if (is_buffers)
      back.send(values.data(), count);
  }
  const double ns = bench_ns_per_op(start_ns, items);
  BENCH_CHECK(sum >= 0);
  writer.join();
  return bench_report(&bench, ns);
}
