/*
 * (q) What generated code costs: see export/Sources/BenchExport.
 *
 * Workloads: "record-out" reads a record that Swift gives, "record-in" gives Swift one, "method" calls a method of an object,
 * "later-1024" and "later-1" call an async function with a record in and one out, "items" reads a stream, 64 at a time.
 *
 * Subjects: "tenon" is generated; "c" is a C function that fills one block of malloc's; "uniffi" writes uniffi's form, a
 * growing buffer of big-endian numbers, and reads it; "protobuf" is protobuf-c; "hand" is exported by hand; "numbers" are
 * items of 8 bytes.
 */
#include "bench.h"

#include <bench_by_hand.h>
#include <bench_export.h>

#ifdef HAS_PROTOBUF
#include "sample.pb-c.h"
#endif

#define IN_FLIGHT 1024
#define BATCH 64

static tenon_executor_t *executor;
static volatile double sum;

static const char name[] = "a sensor in the cellar";
static const double numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static double read_sample(int64_t time, const char *text, size_t size, const double *values,
                          size_t count) {
  double all = (double)time + text[0] + text[size - 1];
  for (size_t i = 0; i < count; i++)
    all += values[i];
  return all;
}

/* MARK: One block, by hand */

static __attribute__((noinline)) by_hand_sample_t *fill(int64_t time, const char *text, size_t size,
                                                        const double *values, size_t count) {
  char *memory = malloc(sizeof(by_hand_sample_t) + count * sizeof *values + size + 1);
  by_hand_sample_t *sample = (by_hand_sample_t *)memory;
  double *to = (double *)(memory + sizeof *sample);
  char *letters = (char *)(to + count);
  BENCH_CHECK(memory);
  memcpy(to, values, count * sizeof *values);
  memcpy(letters, text, size);
  letters[size] = 0;
  *sample = (by_hand_sample_t){time, letters, size, to, count};
  return sample;
}

static void c_record(void) {
  by_hand_sample_t *sample = fill(17, name, sizeof name - 1, numbers, 8);
  sum = read_sample(sample->time, sample->name, sample->name_size, sample->values,
                    sample->values_count);
  free(sample);
}

/* MARK: uniffi's form */

typedef struct buffer {
  uint8_t *data;
  size_t size;
  size_t capacity;
} buffer_t;

static void put(buffer_t *buffer, const void *data, size_t size) {
  if (buffer->size + size > buffer->capacity) {
    buffer->capacity =
        buffer->capacity * 2 > buffer->size + size ? buffer->capacity * 2 : buffer->size + size;
    buffer->data = realloc(buffer->data, buffer->capacity);
    BENCH_CHECK(buffer->data);
  }
  memcpy(buffer->data + buffer->size, data, size);
  buffer->size += size;
}

static void put_i32(buffer_t *buffer, uint32_t number) {
  number = __builtin_bswap32(number);
  put(buffer, &number, sizeof number);
}

static void put_i64(buffer_t *buffer, uint64_t number) {
  number = __builtin_bswap64(number);
  put(buffer, &number, sizeof number);
}

static uint32_t get_i32(const uint8_t **at) {
  uint32_t number;
  memcpy(&number, *at, sizeof number);
  *at += sizeof number;
  return __builtin_bswap32(number);
}

static uint64_t get_i64(const uint8_t **at) {
  uint64_t number;
  memcpy(&number, *at, sizeof number);
  *at += sizeof number;
  return __builtin_bswap64(number);
}

static void uniffi_record(void) {
  buffer_t buffer = {NULL, 0, 0};
  put_i32(&buffer, sizeof name - 1);
  put(&buffer, name, sizeof name - 1);
  put_i64(&buffer, 17);
  put_i32(&buffer, 8);
  for (int i = 0; i < 8; i++) {
    uint64_t bits;
    memcpy(&bits, &numbers[i], sizeof bits);
    put_i64(&buffer, bits);
  }
  const uint8_t *at = buffer.data;
  size_t size = get_i32(&at);
  char *text = malloc(size + 1);
  BENCH_CHECK(text);
  memcpy(text, at, size);
  text[size] = 0;
  at += size;
  int64_t time = (int64_t)get_i64(&at);
  size_t count = get_i32(&at);
  double *values = malloc(count * sizeof *values);
  BENCH_CHECK(values);
  for (size_t i = 0; i < count; i++) {
    uint64_t bits = get_i64(&at);
    memcpy(&values[i], &bits, sizeof bits);
  }
  sum = read_sample(time, text, size, values, count);
  free(values);
  free(text);
  free(buffer.data);
}

static void protobuf_record(void) {
#ifdef HAS_PROTOBUF
  Sample from = SAMPLE__INIT;
  from.name = (char *)(uintptr_t)name;
  from.time = 17;
  from.n_values = 8;
  from.values = (double *)(uintptr_t)numbers;
  size_t size = sample__get_packed_size(&from);
  uint8_t *data = malloc(size);
  BENCH_CHECK(data);
  sample__pack(&from, data);
  Sample *sample = sample__unpack(NULL, size, data);
  BENCH_CHECK(sample);
  sum = read_sample(sample->time, sample->name, strlen(sample->name), sample->values,
                    sample->n_values);
  sample__free_unpacked(sample, NULL);
  free(data);
#else
  BENCH_CHECK(!"protobuf-c was not there when this was built");
#endif
}

/* MARK: Generated */

static void tenon_record_out(void) {
  bench_export_sample_t *sample;
  BENCH_CHECK(bench_export_copy_sample(&sample) == TENON_STATUS_OK);
  sum = read_sample(sample->time, sample->name.data, sample->name.size, sample->values.data,
                    sample->values.count);
  bench_export_sample_free(sample);
}

static bench_export_sample_t sample_of_c(void) {
  bench_export_sample_t sample = bench_export_sample_init();
  sample.name.data = name;
  sample.name.size = sizeof name - 1;
  sample.time = 17;
  sample.values.data = numbers;
  sample.values.count = 8;
  return sample;
}

static void tenon_record_in(void) {
  bench_export_sample_t sample = sample_of_c();
  int64_t time;
  BENCH_CHECK(bench_export_time_of(&sample, &time) == TENON_STATUS_OK);
  sum = (double)time;
}

static void hand_record_in(void) {
  by_hand_sample_t sample = {17, name, sizeof name - 1, numbers, 8};
  int64_t time;
  BENCH_CHECK(by_hand_time_of(&sample, &time) == TENON_STATUS_OK);
  sum = (double)time;
}

static bench_export_counter_t *counter;
static void *hand_counter;

static void tenon_method(void) {
  int64_t result;
  BENCH_CHECK(bench_export_counter_add(counter, 1, &result) == TENON_STATUS_OK);
  sum = (double)result;
}

static void hand_method(void) {
  int64_t result;
  BENCH_CHECK(by_hand_counter_add(hand_counter, 1, &result) == TENON_STATUS_OK);
  sum = (double)result;
}

static void tenon_start(tenon_future_t **future) {
  bench_export_sample_t sample = sample_of_c();
  BENCH_CHECK(bench_export_later(executor, &sample, future) == TENON_STATUS_OK);
}

static void tenon_finish(tenon_future_t *future) {
  bench_export_sample_t *sample;
  BENCH_CHECK(bench_export_sample_take(future, &sample) == TENON_STATUS_OK);
  tenon_future_release(future);
  sum = (double)sample->time;
  bench_export_sample_free(sample);
}

static void hand_start(tenon_future_t **future) {
  by_hand_sample_t sample = {17, name, sizeof name - 1, numbers, 8};
  BENCH_CHECK(by_hand_later(executor, &sample, future) == TENON_STATUS_OK);
}

static void hand_finish(tenon_future_t *future) {
  tenon_value_t value;
  BENCH_CHECK(tenon_future_take(future, &value) == TENON_STATUS_OK);
  tenon_future_release(future);
  by_hand_sample_t *sample = value.as.pointer.address;
  sum = (double)sample->time;
  free(sample);
}

static void run_calls(long iterations, long in_flight, void (*start)(tenon_future_t **),
                      void (*finish)(tenon_future_t *)) {
  tenon_future_t *futures[IN_FLIGHT];
  for (long begun = 0; begun < iterations; begun += in_flight) {
    long batch = iterations - begun < in_flight ? iterations - begun : in_flight;
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    for (long i = 0; i < batch; i++)
      start(&futures[i]);
    do
      BENCH_CHECK(tenon_executor_poll(executor, NULL, &result) == TENON_STATUS_OK);
    while (result.more);
    for (long i = 0; i < batch; i++)
      finish(futures[i]);
  }
}

static void run_items(tenon_stream_t *stream, int is_record) {
  tenon_value_t items[BATCH];
  tenon_future_t *ready = NULL;
  size_t count;
  while (1) {
    tenon_status_t status = tenon_stream_next_batch(stream, items, BATCH, &count, &ready);
    if (status == TENON_STATUS_PENDING) {
      BENCH_CHECK(tenon_executor_run_until(executor, ready, TENON_FOREVER) == TENON_STATUS_OK);
      tenon_future_release(ready);
      continue;
    }
    if (status == TENON_STATUS_ENDED)
      break;
    BENCH_CHECK(status == TENON_STATUS_OK);
    for (size_t i = 0; i < count; i++) {
      if (!is_record) {
        sum = (double)items[i].as.i64;
        continue;
      }
      bench_export_sample_t *sample;
      BENCH_CHECK(bench_export_sample_take_item(&items[i], &sample) == TENON_STATUS_OK);
      sum = (double)sample->time;
      bench_export_sample_free(sample);
    }
  }
  tenon_stream_release(stream);
}

static void (*chosen(const bench_t *bench, const char *workload))(void) {
  if (bench_is(bench, "c"))
    return c_record;
  if (bench_is(bench, "uniffi"))
    return uniffi_record;
  if (bench_is(bench, "protobuf"))
    return protobuf_record;
  if (bench_is(bench, "hand"))
    return strcmp(workload, "method") == 0 ? hand_method : hand_record_in;
  if (strcmp(workload, "record-out") == 0)
    return tenon_record_out;
  if (strcmp(workload, "record-in") == 0)
    return tenon_record_in;
  return tenon_method;
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("export", argc, argv);
  const char *workload = argc > 3 ? argv[3] : "record-out";
  BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
  BENCH_CHECK(bench_export_counter_create(&counter) == TENON_STATUS_OK);
  hand_counter = by_hand_counter_create();
  int is_tenon = bench_is(&bench, "tenon");
  uint64_t start = bench_now_ns();
  if (strcmp(workload, "later-1024") == 0 || strcmp(workload, "later-1") == 0) {
    run_calls(bench.iterations, workload[7] ? IN_FLIGHT : 1, is_tenon ? tenon_start : hand_start,
              is_tenon ? tenon_finish : hand_finish);
  } else if (strcmp(workload, "items") == 0) {
    tenon_stream_t *stream;
    BENCH_CHECK((is_tenon
                     ? bench_export_samples(executor, bench.iterations, &stream)
                     : by_hand_numbers(executor, bench.iterations, &stream)) == TENON_STATUS_OK);
    run_items(stream, is_tenon);
  } else {
    void (*operation)(void) = chosen(&bench, workload);
    for (long i = 0; i < bench.iterations; i++)
      operation();
  }
  double ns = bench_ns_per_op(start, bench.iterations);
  bench_export_counter_release(counter);
  by_hand_counter_release(hand_counter);
  tenon_executor_close(executor, 0);
  tenon_executor_release(executor);
  return bench_report(&bench, ns);
}
