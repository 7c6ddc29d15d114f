/*
 * What the instructions do: streams, pipes and latest values.
 */
#include "fuzz.h"

#define BATCH 3

/** The next number of a sink, or some value. */
static tenon_value_t item_of(uint8_t place, uint8_t choice) {
  slot_t *slot = slot_at(KIND_SINK, place);
  if (choice % 2 == 0)
    return value_of(choice / 2, place);
  pthread_mutex_lock(&slot->lock);
  tenon_value_t value = tenon_value_u64((uint64_t)slot->origin << 32 | slot->sent++);
  pthread_mutex_unlock(&slot->lock);
  return value;
}

/** What is read from one stream comes in the order in which it was sent, unless a callback of this very
 * call has read, too. */
static void look_at(uint8_t place, const tenon_value_t *value) {
  if (value->kind == TENON_VALUE_U64) {
    uint64_t *last = &slot_at(KIND_STREAM, place)->received[(value->as.u64 >> 32) % ORIGINS];
    if (value->as.u64 >> 32 == *last >> 32 && value->as.u64 <= *last)
      FAIL("number %u came after %u", (unsigned)value->as.u64, (unsigned)*last);
    *last = value->as.u64;
  }
}

static void create(uint8_t a, uint8_t b, uint8_t c) {
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.capacity = b % 4;
  config.executor = c % 4 == 0 ? handle_at(KIND_EXECUTOR, c) : NULL;
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  tenon_status_t status = tenon_stream_create(&config, &sink, &stream);
  fuzz_say("create sink and stream %d of %d: %s", a % SLOTS, b % 4, tenon_status_name(status));
  if (status != TENON_STATUS_OK)
    return;
  put(KIND_SINK, a, sink);
  put(KIND_STREAM, a, stream);
  slot_t *slot = slot_at(KIND_SINK, a);
  pthread_mutex_lock(&slot->lock);
  slot->origin = 1 + atomic_fetch_add(&world->origins, 1);
  slot->sent = 0;
  pthread_mutex_unlock(&slot->lock);
  slot = slot_at(KIND_STREAM, a);
  pthread_mutex_lock(&slot->lock);
  memset(slot->received, 0, sizeof slot->received);
  pthread_mutex_unlock(&slot->lock);
}

static void send(uint8_t a, uint8_t b, uint8_t c) {
  tenon_value_t values[BATCH];
  tenon_future_t *room = NULL;
  size_t count = b % BATCH + 1, sent = 0;
  for (size_t index = 0; index < count; index++)
    values[index] = item_of(a, (uint8_t)(c + index));
  tenon_future_t **room_out = b & 0x80 ? &room : NULL;
  void *sink = handle_at(KIND_SINK, a);
  tenon_status_t status = count == 1 ? tenon_sink_send(sink, values, room_out)
                                     : tenon_sink_send_batch(sink, values, count, &sent, room_out);
  fuzz_say("send %zu to sink %d: %s", count, a % SLOTS, tenon_status_name(status));
  for (size_t index = 0; index < count; index++)
    tenon_value_drop(values + index);
  if (room)
    put(KIND_FUTURE, c, room);
}

static void next(uint8_t a, uint8_t b, uint8_t c) {
  void *stream = handle_at(KIND_STREAM, a);
  tenon_value_t values[BATCH];
  tenon_future_t *future = NULL;
  size_t count = 0;
  unsigned before = ++world->reads;
  tenon_status_t status;
  switch (b % 5) {
  case 0:
    status = tenon_stream_next(stream, &future);
    break;
  case 1:
    status = tenon_stream_next_at_least(stream, values, c % 2 + 1, BATCH, &count,
                                        b & 0x80 ? &future : NULL);
    break;
  case 2:
    status = tenon_stream_ready(stream, &future);
    break;
  case 3:
    status = tenon_stream_peek(stream, values);
    break;
  default:
    status =
        tenon_stream_next_batch(stream, values, c % BATCH + 1, &count, b & 0x80 ? &future : NULL);
  }
  fuzz_say("next of stream %d, %d: %s, %zu", a % SLOTS, b % 5, tenon_status_name(status), count);
  bool is_alone = !world->is_shared && world->reads == before;
  for (size_t index = 0; index < count && is_alone; index++)
    look_at(a, values + index);
  for (size_t index = 0; index < count; index++)
    tenon_value_drop(values + index);
  if (future)
    put(KIND_FUTURE, c, future);
}

static void end(uint8_t a, uint8_t b, uint8_t c) {
  void *sink = handle_at(KIND_SINK, a), *stream = handle_at(KIND_STREAM, a);
  void *error = handle_at(KIND_ERROR, c);
  owed_t *owed;
  tenon_future_t *future = NULL;
  tenon_status_t status;
  switch (b % 8) {
  case 0:
    status = tenon_sink_close(sink);
    break;
  case 1:
    status = tenon_sink_fail(sink, error);
    break;
  case 2:
    status = tenon_sink_cancel(sink);
    break;
  case 3:
    status = tenon_stream_cancel_with(stream, c % 2 == 0 ? error : NULL);
    break;
  case 4:
    status = tenon_stream_copy_end(stream, &future);
    break;
  case 5:
    owed = owe("a stream's cancel");
    status = tenon_sink_on_cancel(sink, c % 2 == 0 ? NULL : handle_at(KIND_EXECUTOR, c / 2), told,
                                  owed, NULL);
    settle_debt(owed, status);
    break;
  case 6:
    status = tenon_sink_ready(sink, &future);
    break;
  default:
    status = tenon_stream_pipe(stream, handle_at(KIND_SINK, c), c & 0x80 ? TENON_PIPE_FLAG_KEEP : 0,
                               c & 0x40 ? &future : NULL);
  }
  fuzz_say("end of stream %d, %d, %d: %s", a % SLOTS, b % 8, c % SLOTS, tenon_status_name(status));
  if (future)
    put(KIND_FUTURE, b / 8, future);
}

static void latest(uint8_t a, uint8_t b, uint8_t c) {
  void *publisher = handle_at(KIND_PUBLISHER, a), *reader = handle_at(KIND_LATEST, a);
  tenon_publisher_t *made_publisher;
  tenon_latest_t *made_latest;
  tenon_value_t value = tenon_value_none();
  tenon_future_t *future = NULL;
  tenon_status_t status;
  switch (b % 7) {
  case 0:
    status = tenon_latest_create(NULL, &made_publisher, &made_latest);
    if (status == TENON_STATUS_OK) {
      put(KIND_PUBLISHER, a, made_publisher);
      put(KIND_LATEST, a, made_latest);
    }
    break;
  case 1:
  case 2:
    value = value_of(c, a);
    status = tenon_publisher_set(publisher, &value);
    break;
  case 3:
    status = tenon_latest_next(reader, &future);
    break;
  case 4:
    status = tenon_latest_take(reader, &value, c % 2 == 0 ? &future : NULL);
    break;
  case 5:
    status = c % 2 == 0 ? tenon_publisher_close(publisher) : tenon_latest_cancel(reader);
    break;
  default:
    status = tenon_latest_copy_end(reader, &future);
  }
  fuzz_say("latest %d, %d: %s", a % SLOTS, b % 7, tenon_status_name(status));
  tenon_value_drop(&value);
  if (future)
    put(KIND_FUTURE, c, future);
}

void step_stream(uint8_t operation, uint8_t a, uint8_t b, uint8_t c) {
  switch (operation) {
  case 0:
  case 1:
    create(a, b, c);
    break;
  case 2:
  case 3:
  case 4:
    send(a, b, c);
    break;
  case 5:
  case 6:
  case 7:
    next(a, b, c);
    break;
  case 8:
  case 9:
    end(a, b, c);
    break;
  default:
    latest(a, b, c);
  }
}
