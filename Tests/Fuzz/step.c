/*
 * What the instructions do: promises, futures, executors, timers, scopes and what is made of them.
 */
#include "fuzz.h"

static void *error_at(uint8_t place) {
  return place % 2 == 0 ? NULL : handle_at(KIND_ERROR, place / 2);
}

/** An executor for a callback, or none. */
static void *executor_at(uint8_t place) {
  return place % 4 == 0 ? NULL : handle_at(KIND_EXECUTOR, place / 4);
}

static void keep_registration(uint8_t place, tenon_registration_t *registration) {
  if (!world->is_shared && registration)
    world->registrations[place % SLOTS] = registration;
}

static void create_promise(uint8_t a, uint8_t b, uint8_t c) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.flags = b % 4 == 0 ? TENON_PROMISE_FLAG_DETACHED : 0;
  config.executor = executor_at(c);
  tenon_promise_t *promise;
  tenon_future_t *future;
  tenon_status_t status = tenon_promise_create(b % 2 == 0 ? &config : NULL, &promise, &future);
  fuzz_say("create promise and future %d: %s", a % SLOTS, tenon_status_name(status));
  if (status != TENON_STATUS_OK)
    return;
  put(KIND_PROMISE, a, promise);
  put_future(a, future, false);
}

/** Settles a promise, which the program has not then: once. */
static void settle(uint8_t a, uint8_t b, uint8_t c) {
  void *promise;
  bool is_open = take_reference(slot_at(KIND_PROMISE, a), &promise);
  tenon_value_t value = tenon_value_none();
  tenon_status_t status;
  void *error = error_at(c);
  switch (b % 4) {
  case 0:
    status = error ? tenon_promise_reject(promise, error) : tenon_promise_cancel(promise);
    if (error && status == TENON_STATUS_STALE) // the error's
      status = tenon_promise_cancel(promise);
    break;
  case 1:
    status = tenon_promise_release(promise);
    break;
  default:
    value = value_of(c, b);
    status = tenon_promise_resolve(promise, &value);
    tenon_value_drop(&value);
  }
  fuzz_say("settle promise %d: %s", a % SLOTS, tenon_status_name(status));
  // Of two threads, the one that comes second here may settle it first.
  CHECK(world->is_shared || is_open == (status == TENON_STATUS_OK));
}

static void read(uint8_t a, uint8_t b) {
  void *future = handle_at(KIND_FUTURE, a), *old;
  tenon_value_t value = tenon_value_none();
  tenon_error_t *error = NULL;
  tenon_status_t status;
  tenon_status_t before = tenon_future_poll(future);
  switch (b % 5) {
  case 0:
    status = tenon_future_take(future, &value);
    break;
  case 1: // with a reference of the program's, if it has one
    if (!take_reference(slot_at(KIND_FUTURE, a), &old))
      return;
    status = tenon_future_consume(old, &value);
    if (status != TENON_STATUS_OK)
      let_go(KIND_FUTURE, old);
    break;
  case 2:
    status = tenon_future_peek(future, &value);
    break;
  case 3:
    status = tenon_future_copy_error(future, &error);
    if (status == TENON_STATUS_OK)
      put(KIND_ERROR, b / 5, error);
    break;
  default:
    status = tenon_future_wait(future, 0);
  }
  fuzz_say("read future %d: %s", a % SLOTS, tenon_status_name(status));
  if (!world->is_shared && b % 5 == 0 && before == TENON_STATUS_OK)
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_TAKEN);
  tenon_value_drop(&value);
}

static void listen(uint8_t a, uint8_t b, uint8_t c) {
  tenon_registration_t *registration = NULL;
  owed_t *owed;
  tenon_status_t status;
  switch (b % 3) {
  case 0:
    owed = owe("a completion");
    status = tenon_future_on_complete(handle_at(KIND_FUTURE, a), executor_at(c), told_completion,
                                      owed, &registration);
    break;
  case 1:
    owed = owe("a completion if pending");
    status = tenon_future_on_complete_if_pending(handle_at(KIND_FUTURE, a), executor_at(c),
                                                 told_completion, owed, &registration);
    break;
  default:
    owed = owe("a cancel");
    status = tenon_promise_on_cancel(handle_at(KIND_PROMISE, a), executor_at(c), told, owed,
                                     &registration);
  }
  fuzz_say("listen to %d, %s %u: %s", a % SLOTS, owed->what, (unsigned)(owed - world->owed),
           tenon_status_name(status));
  settle_debt(owed, status);
  if (status == TENON_STATUS_OK)
    keep_registration(b / 3, registration);
}

static void use_executor(uint8_t a, uint8_t b, uint8_t c) {
  void *executor = handle_at(KIND_EXECUTOR, a);
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  owed_t *owed;
  tenon_status_t status = TENON_STATUS_OK;
  switch (b % 8) {
  case 0:
    owed = owe("a job");
    settle_debt(owed, status = tenon_executor_post(executor, told, owed));
    break;
  case 1:
    atomic_fetch_add(&world->now_ns, (uint64_t)c * c * c * 1000);
    break;
  case 2:
    if (c % 8 == 0)
      status = tenon_executor_begin_close(executor, (uint64_t)c * 100000);
    break;
  case 3:
    if (c % 8 == 0)
      status = tenon_executor_close(executor, 0);
    break;
  case 4:
    if (c % 8 == 0)
      put(KIND_EXECUTOR, a, executor_create(b / 8));
    break;
  case 5:
    status = tenon_executor_run_until(executor, handle_at(KIND_FUTURE, c), 0);
    break;
  default:
    budget.jobs_max = c % 4;
    status = tenon_executor_poll(executor, c % 2 == 0 ? &budget : NULL, &result);
  }
  fuzz_say("executor %d, %d: %s", a % SLOTS, b % 8, tenon_status_name(status));
}

static void use_timer(uint8_t a, uint8_t b, uint8_t c) {
  if (b % 3 == 0) {
    if (world->timers[a % SLOTS] && !world->is_shared)
      fuzz_say("cancel timer %d: %s", a % SLOTS,
               tenon_status_name(tenon_timer_cancel(world->timers[a % SLOTS])));
    return;
  }
  // Looked up once: another thread may put one of the other kind in its place.
  void *executor = handle_at(KIND_EXECUTOR, a);
  // Of those without a host the time is not the program's to change.
  bool is_virtual = tenon_executor_fd(executor, &(int){0}) == TENON_STATUS_UNSUPPORTED;
  owed_t *owed = owe("a timer");
  uint64_t deadline = b % 3 == 1 ? TENON_FOREVER : 0;
  if (is_virtual && c % 4 != 0)
    owed->not_before = deadline = atomic_load(&world->now_ns) + (uint64_t)c * c * c * 500;
  tenon_timer_t *timer = NULL;
  tenon_status_t status = tenon_timer_start(executor, deadline, told, owed, &timer);
  settle_debt(owed, status);
  fuzz_say("start timer %d, owed %u: %s", a % SLOTS, (unsigned)(owed - world->owed),
           tenon_status_name(status));
  if (status == TENON_STATUS_OK && !world->is_shared)
    world->timers[a % SLOTS] = timer;
}

static void map(void *context, tenon_status_t status, tenon_future_t *future,
                tenon_promise_t *promise) {
  // Before `told`, which may go on with anything: the promise is the program's from here on.
  (void)future;
  put(KIND_PROMISE, (uint8_t)((uintptr_t)context >> 4), promise);
  told(context, status == TENON_STATUS_CLOSED ? status : TENON_STATUS_FORGOTTEN);
}

static void combine(uint8_t a, uint8_t b, uint8_t c) {
  tenon_future_t *inputs[4], *result = NULL;
  size_t count = c % 5;
  if (b % 7 == 3 && count == 0)
    count = 1; // a race of nothing never ends by itself
  bool waits = false, waits_alone = false;
  void *input = future_at(a, &waits_alone);
  for (size_t index = 0; index < count; index++) {
    uint8_t place = (uint8_t)(a + index * (b % 7 + 1));
    inputs[index] = future_at(place, &waits);
  }
  uint32_t flags = c & 0x80 ? TENON_COMBINE_FLAG_KEEP : 0;
  void *executor = handle_at(KIND_EXECUTOR, c);
  owed_t *owed = NULL;
  tenon_status_t status;
  switch (b % 7) {
  case 0:
    status = tenon_future_all(inputs, count, flags, &result);
    break;
  case 1:
    status = tenon_future_all_settled(inputs, count, flags, &result);
    break;
  case 2:
    status = tenon_future_any(inputs, count, flags, &result);
    break;
  case 3:
    status = tenon_future_race(inputs, count, flags, &result);
    break;
  case 4:
    waits = waits_alone;
    status = tenon_future_timeout(input, executor, (uint64_t)c * 10000, &result);
    break;
  case 5:
    status = tenon_future_sleep(executor, (uint64_t)c * 10000, &result);
    break;
  default:
    waits = waits_alone;
    owed = owe("a map");
    status = tenon_future_map(input, executor_at(c), map, owed, &result);
    settle_debt(owed, status);
  }
  fuzz_say("combine %d of %zu from future %d into %d: %s", b % 7, count, a % SLOTS, (b / 7) % SLOTS,
           tenon_status_name(status));
  if (status == TENON_STATUS_OK)
    put_future(b / 7, result, waits);
}

static void use_scope(uint8_t a, uint8_t b, uint8_t c) {
  void *scope = handle_at(KIND_SCOPE, a);
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  tenon_scope_t *opened;
  tenon_future_t *end, *member;
  bool waits = false;
  tenon_status_t status;
  switch (b % 5) {
  case 0:
    config.flags = c % 2 == 0 ? TENON_SCOPE_FLAG_COLLECT : 0;
    config.parent = c % 3 == 0 ? scope : NULL;
    config.executor = executor_at(b / 5);
    if (c % 5 == 0 && config.executor)
      config.deadline_ns = atomic_load(&world->now_ns) + (uint64_t)c * 100000;
    status = tenon_scope_open(&config, &opened);
    if (status == TENON_STATUS_OK)
      put(KIND_SCOPE, c, opened);
    break;
  case 1:
    status = tenon_scope_cancel(scope, error_at(c));
    break;
  case 2:
    status = tenon_scope_close(scope, &end);
    if (status == TENON_STATUS_OK)
      put_future(c, end, true);
    break;
  default:
    member = future_at(c, &waits);
    status = waits ? TENON_STATUS_DEADLOCK : tenon_scope_add(scope, member);
  }
  fuzz_say("scope %d, %d, %d: %s", a % SLOTS, b % 5, c % SLOTS, tenon_status_name(status));
}

static void change_references(uint8_t a, uint8_t b, uint8_t c) {
  kind_t kind = (kind_t)(a % KIND_COUNT);
  slot_t *slot = slot_at(kind, b);
  void *handle;
  if (kind == KIND_PROMISE || (kind == KIND_EXECUTOR && c % 8 != 0))
    return;
  if (c % 3 == 0) {
    // Under the lock, so that nobody takes the last one meanwhile.
    pthread_mutex_lock(&slot->lock);
    if (slot->references > 0 && slot->references < 4 &&
        retain_of(kind, slot->handle) == TENON_STATUS_OK)
      slot->references++;
    pthread_mutex_unlock(&slot->lock);
  } else if (take_reference(slot, &handle)) {
    fuzz_say("release %d of kind %d", b % SLOTS, kind);
    let_go(kind, handle);
  }
}

static void use_error(uint8_t a, uint8_t b, uint8_t c) {
  tenon_error_t *error = NULL;
  tenon_status_t status = TENON_STATUS_INVALID;
  if (b % 3 == 0)
    status = tenon_error_create("fuzz", a, "an error", error_at(c), &error);
  else if (b % 3 == 1)
    status = tenon_promise_copy_reason(handle_at(KIND_PROMISE, c), &error);
  else
    status = tenon_error_copy_cause(handle_at(KIND_ERROR, c), &error);
  fuzz_say("error %d, %d: %s", a % SLOTS, b % 3, tenon_status_name(status));
  if (status == TENON_STATUS_OK && error)
    put(KIND_ERROR, a, error);
}

static void cancel(uint8_t a, uint8_t b, uint8_t c) {
  void *future = handle_at(KIND_FUTURE, a);
  tenon_status_t status;
  if (b % 8 == 0)
    status = tenon_future_detach(future);
  else if (b % 2 == 0)
    status = tenon_future_cancel(future);
  else
    status = tenon_future_cancel_with(future, error_at(c));
  fuzz_say("cancel or detach future %d: %s", a % SLOTS, tenon_status_name(status));
}

static void forget(uint8_t a) {
  tenon_registration_t *registration = world->registrations[a % SLOTS];
  if (registration)
    fuzz_say("forget %d: %s", a % SLOTS,
             tenon_status_name(tenon_registration_forget(registration)));
}

bool step(void) {
  if (cursor.end - cursor.next < INSTRUCTION_SIZE)
    return false;
  const uint8_t *at = cursor.next;
  uint8_t operation = at[0] % 24, a = at[1], b = at[2], c = at[3];
  cursor.next += INSTRUCTION_SIZE;
  switch (operation) {
  case 0:
  case 1:
    create_promise(a, b, c);
    break;
  case 2:
  case 3:
    settle(a, b, c);
    break;
  case 4:
    read(a, b);
    break;
  case 5:
  case 6:
    listen(a, b, c);
    break;
  case 7:
    cancel(a, b, c);
    break;
  case 8:
    forget(a);
    break;
  case 9:
  case 10:
  case 11:
    use_executor(a, b, c);
    break;
  case 12:
    use_timer(a, b, c);
    break;
  case 13:
  case 14:
    combine(a, b, c);
    break;
  case 15:
    use_scope(a, b, c);
    break;
  case 16:
    change_references(a, b, c);
    break;
  case 17:
    use_error(a, b, c);
    break;
  default:
    step_stream(at[0] / 24 % 12, a, b, c);
  }
  return true;
}
