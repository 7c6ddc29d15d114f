/*
 * (h) Items from one thread to another, in order.
 *
 * The variant is the capacity, times 10000, plus the batch; with 100000000 more, the items are buffers of
 * 4 KiB that come back through a second stream, else numbers. The reader lives on the first
 * processor.
 */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <tenon/tenon.h>

#define BATCH_MAX 1024
#define BUFFER_SIZE 4096

static size_t capacity, batch;
static bool is_buffers;
static long items;
static pthread_barrier_t start_line;

/* The limit: a bare ring of the same 32-byte elements, whose idle side yields. */

typedef struct ring {
  _Alignas(64) atomic_size_t tail;
  size_t seen_head;
  _Alignas(64) atomic_size_t head;
  size_t seen_tail;
  _Alignas(64) tenon_value_t *elements;
  size_t capacity, mask;
} ring_t;

static ring_t rings[2]; /* there, and back */

static void ring_make(ring_t *ring, size_t count) {
  size_t places = 1;
  while (places < count)
    places *= 2;
  ring->elements = (tenon_value_t *)malloc(places * sizeof(tenon_value_t));
  ring->capacity = count;
  ring->mask = places - 1;
}

static size_t ring_send(ring_t *ring, tenon_value_t *values, size_t count) {
  size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  size_t room = ring->capacity - (tail - ring->seen_head);
  if (room < count) {
    ring->seen_head = atomic_load_explicit(&ring->head, memory_order_acquire);
    room = ring->capacity - (tail - ring->seen_head);
  }
  count = count < room ? count : room;
  for (size_t i = 0; i < count; i++)
    ring->elements[(tail + i) & ring->mask] = values[i];
  atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
  return count;
}

static size_t ring_receive(ring_t *ring, tenon_value_t *values, size_t count) {
  size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  size_t some = ring->seen_tail - head;
  if (some < count) {
    ring->seen_tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    some = ring->seen_tail - head;
  }
  count = count < some ? count : some;
  for (size_t i = 0; i < count; i++)
    values[i] = ring->elements[(head + i) & ring->mask];
  atomic_store_explicit(&ring->head, head + count, memory_order_release);
  return count;
}

/* Both as one pair of functions: move some, and wait if there is nothing to move. */

static tenon_sink_t *sinks[2];
static tenon_stream_t *streams[2];

static size_t tenon_send(int way, tenon_value_t *values, size_t count) {
  tenon_future_t *room = NULL;
  size_t sent = 1;
  tenon_status_t status = count == 1
                              ? tenon_sink_send(sinks[way], values, &room)
                              : tenon_sink_send_batch(sinks[way], values, count, &sent, &room);
  if (status == TENON_STATUS_OK)
    return sent;
  BENCH_CHECK(status == TENON_STATUS_PENDING);
  BENCH_CHECK(tenon_future_wait(room, TENON_FOREVER) == TENON_STATUS_OK);
  tenon_future_release(room);
  return 0;
}

static size_t tenon_receive(int way, tenon_value_t *values, size_t count) {
  tenon_future_t *ready = NULL;
  tenon_status_t status = tenon_stream_next_batch(streams[way], values, count, &count, &ready);
  if (status == TENON_STATUS_OK)
    return count;
  BENCH_CHECK(status == TENON_STATUS_PENDING);
  BENCH_CHECK(tenon_future_wait(ready, TENON_FOREVER) == TENON_STATUS_OK);
  tenon_future_release(ready);
  return 0;
}

static size_t bare_send(int way, tenon_value_t *values, size_t count) {
  size_t sent = ring_send(&rings[way], values, count);
  if (sent == 0)
    sched_yield();
  return sent;
}

static size_t bare_receive(int way, tenon_value_t *values, size_t count) {
  size_t received = ring_receive(&rings[way], values, count);
  if (received == 0)
    sched_yield();
  return received;
}

static size_t (*send_some)(int way, tenon_value_t *values, size_t count) = tenon_send;
static size_t (*receive_some)(int way, tenon_value_t *values, size_t count) = tenon_receive;

static void send_all(int way, tenon_value_t *values, size_t count) {
  for (size_t sent = 0; sent < count;)
    sent += send_some(way, values + sent, count - sent);
}

static void *write_items(void *context) {
  static tenon_value_t values[BATCH_MAX];
  (void)context;
  bench_pin(1);
  pthread_barrier_wait(&start_line);
  for (long sent = 0; sent < items;) {
    size_t count = batch < (size_t)(items - sent) ? batch : (size_t)(items - sent);
    if (is_buffers) {
      while ((count = receive_some(1, values, count)) == 0)
        count = batch < (size_t)(items - sent) ? batch : (size_t)(items - sent);
      for (size_t i = 0; i < count; i++)
        memset(values[i].as.data.pointer, (int)sent, BUFFER_SIZE);
    } else {
      for (size_t i = 0; i < count; i++)
        values[i] = tenon_value_i64(sent + (long)i);
    }
    send_all(0, values, count);
    sent += (long)count;
  }
  return NULL;
}

static void read_items(void) {
  static tenon_value_t values[BATCH_MAX];
  long sum = 0;
  for (long received = 0; received < items;) {
    size_t count = receive_some(0, values, batch);
    for (size_t i = 0; i < count; i++)
      if (is_buffers)
        sum += *((unsigned char *)values[i].as.data.pointer + BUFFER_SIZE - 1);
      else
        BENCH_CHECK(values[i].as.i64 == received + (long)i);
    received += (long)count;
    if (is_buffers)
      send_all(1, values, count);
  }
  BENCH_CHECK(sum >= 0);
}

static void release_buffer(void *pointer, size_t size) {
  (void)size;
  free(pointer);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("stream", argc, argv);
  is_buffers = bench.variant >= 100000000;
  capacity = (size_t)(bench.variant % 100000000) / 10000;
  batch = (size_t)bench.variant % 10000;
  items = bench.iterations;
  BENCH_CHECK(capacity > 0 && batch > 0 && batch <= BATCH_MAX);
  if (bench_is(&bench, "ring")) {
    send_some = bare_send;
    receive_some = bare_receive;
  } else if (!bench_is(&bench, "tenon")) {
    return bench_unknown(&bench);
  }
  for (int way = 0; way < 2; way++) {
    tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
    config.capacity = way == 0 ? capacity : 2 * capacity + batch;
    BENCH_CHECK(tenon_stream_create(&config, &sinks[way], &streams[way]) == TENON_STATUS_OK);
    ring_make(&rings[way], config.capacity);
  }
  for (size_t i = 0; is_buffers && i < capacity + batch; i++) {
    tenon_value_t value;
    BENCH_CHECK(tenon_value_adopt_bytes(malloc(BUFFER_SIZE), BUFFER_SIZE, release_buffer, &value) ==
                TENON_STATUS_OK);
    send_all(1, &value, 1);
  }
  pthread_t writer;
  bench_pin(0);
  pthread_barrier_init(&start_line, NULL, 2);
  BENCH_CHECK(pthread_create(&writer, NULL, write_items, NULL) == 0);
  pthread_barrier_wait(&start_line);
  uint64_t start_ns = bench_now_ns();
  read_items();
  double ns = bench_ns_per_op(start_ns, bench.iterations);
  pthread_join(writer, NULL);
  for (int way = 0; way < 2; way++) {
    BENCH_CHECK(tenon_sink_release(sinks[way]) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_stream_release(streams[way]) == TENON_STATUS_OK);
    free(rings[way].elements);
  }
  return bench_report(&bench, ns);
}
