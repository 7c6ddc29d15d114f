/*
 * How an executor leaves its loop, and what stays behind.
 */
#include "checks.h"

#include <sys/eventfd.h>
#include <unistd.h>

/** Work that ends only when it is cancelled, or never. */
typedef struct flight {
  tenon_promise_t *promise;
  tenon_future_t *future;
  told_t completion;
  told_t timer;
} flight_t;

static void begin_flight(flight_t *flight, const world_t *world) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.executor = world->executor;
  *flight = (flight_t){0};
  tenon_promise_create(&config, &flight->promise, &flight->future);
  tenon_future_on_complete(flight->future, world->executor, tell_completion, &flight->completion,
                           NULL);
  tenon_timer_start(world->executor, tenon_timer_now_ns() + 3600 * NS_PER_S, tell, &flight->timer,
                    NULL);
}

static void end_flight(flight_t *flight) {
  expect(flight->completion.count == 1 && flight->completion.status != TENON_STATUS_OK,
         "a callback that is left at the detach is told so, once");
  expect(flight->timer.count == 1 && flight->timer.status != TENON_STATUS_OK,
         "a timer that is left at the detach is told so, once");
  tenon_promise_release(flight->promise);
  tenon_future_release(flight->future);
}

void check_a_detach_tells_what_is_left(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  flight_t flight;
  begin_flight(&flight, &world);
  world_detach(&world, 0);
  told_t late = {0};
  expect_status(TENON_STATUS_CLOSED, tenon_executor_post(world.executor, tell, &late),
                "a post after the detach");
  world_run_detached(&world);
  end_flight(&flight);
  expect(late.count == 0, "a post that was refused does not run");
  tenon_executor_release(world.executor);
  subject->destroy(world.loop);
}

static void detach_in_job(void *context, tenon_status_t status) {
  world_t *world = context;
  (void)status;
  world_detach(world, NS_PER_S);
}

void check_a_detach_in_a_job(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  flight_t flight;
  begin_flight(&flight, &world);
  tenon_executor_post(world.executor, detach_in_job, &world);
  world_run(&world);
  expect(world.is_detached, "a detach inside a job is told");
  end_flight(&flight);
  tenon_executor_release(world.executor);
  subject->destroy(world.loop);
}

void check_a_detach_runs_out_of_time(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  flight_t flight;
  begin_flight(&flight, &world);
  uint64_t before_ns = tenon_timer_now_ns();
  world_detach(&world, 30 * NS_PER_MS);
  world_run_detached(&world);
  expect(tenon_timer_now_ns() - before_ns < 10 * NS_PER_S, "a detach ends when its time is over");
  end_flight(&flight);
  tenon_executor_release(world.executor);
  subject->destroy(world.loop);
}

void check_a_second_detach_is_refused(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  told_t second = {0};
  world_detach(&world, NS_PER_S);
  expect_status(TENON_STATUS_CLOSED, subject->detach(world.executor, NS_PER_S, tell, &second),
                "a second detach");
  world_run_detached(&world);
  expect_status(TENON_STATUS_CLOSED, subject->detach(world.executor, NS_PER_S, tell, &second),
                "a detach after the end");
  expect(second.count == 0, "a detach that is refused tells nobody");
  tenon_executor_release(world.executor);
  subject->destroy(world.loop);
}

void check_a_release_before_the_detach(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  tenon_executor_retain(world.executor);
  tenon_executor_release(world.executor);
  world_detach(&world, NS_PER_S);
  tenon_executor_release(world.executor);
  world_run_detached(&world);
  subject->destroy(world.loop);
}

static void stop_later(void *context) { world_stop(context); }

void check_a_close_on_the_loops_thread(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  flight_t flight;
  begin_flight(&flight, &world);
  told_t late = {0};
  tenon_status_t status = tenon_executor_close(world.executor, 0);
  if (status == TENON_STATUS_PENDING) { // It goes on in the loop's polls.
    subject->after(world.loop, 50, stop_later, &world);
    world_run(&world);
  } else {
    expect(status == TENON_STATUS_OK || status == TENON_STATUS_TIMEOUT, "a close closes");
  }
  end_flight(&flight);
  expect_status(TENON_STATUS_CLOSED, subject->detach(world.executor, 0, tell, &late),
                "a detach after a close");
  tenon_executor_release(world.executor);
  subject->after(world.loop, 5, stop_later, &world);
  world_run(&world);
  expect(late.count == 0, "a detach that is refused tells nobody");
  subject->destroy(world.loop);
}

static void *close_elsewhere(void *context) {
  world_t *world = context;
  tenon_status_t status;
  do
    status = tenon_executor_close(world->executor, 0);
  while (status == TENON_STATUS_BUSY);
  expect(status == TENON_STATUS_OK || status == TENON_STATUS_TIMEOUT ||
             status == TENON_STATUS_PENDING,
         "a close on another thread closes");
  return NULL;
}

/** Stops the loop when the executor answers that it is closed. */
static void look_for_close(void *context) {
  world_t *world = context;
  uint64_t now_ns;
  if (tenon_executor_get_now_ns(world->executor, &now_ns) == TENON_STATUS_CLOSED)
    world_stop(world);
  else
    world->subject->after(world->loop, 1, look_for_close, world);
}

void check_a_close_on_another_thread(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  flight_t flight;
  begin_flight(&flight, &world);
  subject->after(world.loop, 1, look_for_close, &world);
  pthread_t thread = start(close_elsewhere, &world);
  world_run(&world);
  pthread_join(thread, NULL);
  subject->after(world.loop, 5, stop_later, &world);
  world_run(&world);
  end_flight(&flight);
  // Nothing of it keeps the loop awake.
  uint64_t ran_ns = processor_ns();
  subject->after(world.loop, 50, stop_later, &world);
  world_run(&world);
  ran_ns = processor_ns() - ran_ns;
  expect(ran_ns < 25 * NS_PER_MS,
         "a loop sleeps when its executor was closed on another thread, "
         "and it runs %llu of 50 ms",
         (unsigned long long)(ran_ns / NS_PER_MS));
  told_t late = {0};
  expect_status(TENON_STATUS_CLOSED, subject->detach(world.executor, 0, tell, &late),
                "a detach after a close");
  tenon_executor_release(world.executor);
  subject->destroy(world.loop);
}

void check_descriptors_are_given_back(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject)) // What is made once is made here.
    return;
  world_end(&world);
  int before = descriptors_open();
  for (int round = 0; round < 20; round++) {
    if (!world_begin(&world, subject))
      return;
    told_t told = {.stops = &world};
    tenon_executor_post(world.executor, tell, &told);
    world_run(&world);
    world_end(&world);
  }
  int after = descriptors_open();
  expect(after == before, "20 loops leave no descriptors open, and it is %d", after - before);
}

void check_nothing_stays_on_the_loop(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  told_t told = {.stops = &world};
  tenon_executor_post(world.executor, tell, &told);
  world_run(&world);
  world_detach(&world, NS_PER_S);
  world_run_detached(&world);
  tenon_executor_release(world.executor);
  // Descriptors that get the numbers of those that are gone, and are readable.
  int taken[16];
  for (int index = 0; index < 16; index++)
    taken[index] = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
  uint64_t ran_ns = processor_ns();
  subject->after(world.loop, 50, stop_later, &world);
  world_run(&world);
  ran_ns = processor_ns() - ran_ns;
  expect(ran_ns < 25 * NS_PER_MS,
         "a loop sleeps when its executor is off, and it runs %llu of 50 ms",
         (unsigned long long)(ran_ns / NS_PER_MS));
  for (int index = 0; index < 16; index++) {
    eventfd_t count;
    expect(eventfd_read(taken[index], &count) == 0, "nobody reads a descriptor that was taken out");
    close(taken[index]);
  }
  subject->destroy(world.loop);
}

void check_a_loop_that_is_destroyed_before_the_detach(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_OUTLIVES) || !world_begin(&world, subject))
    return;
  flight_t flight;
  begin_flight(&flight, &world);
  subject->destroy(world.loop);
  world_detach(&world, 0);
  expect(world.is_detached, "a detach without a loop is told before it returns");
  end_flight(&flight);
  expect_status(TENON_STATUS_OK, tenon_executor_release(world.executor), "a release");
}

void check_a_loop_that_is_destroyed_within_the_detach(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_OUTLIVES) || !world_begin(&world, subject))
    return;
  flight_t flight;
  begin_flight(&flight, &world);
  world_detach(&world, 0);
  subject->destroy(world.loop);
  expect(world.is_detached, "a detach whose loop is destroyed is told");
  end_flight(&flight);
  expect_status(TENON_STATUS_OK, tenon_executor_release(world.executor), "a release");
}

void check_posts_to_an_executor_without_a_loop(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_OUTLIVES) || !world_begin(&world, subject))
    return;
  told_t told = {0};
  subject->destroy(world.loop);
  tenon_status_t status = tenon_executor_post(world.executor, tell, &told);
  world_detach(&world, NS_PER_S);
  expect(status != TENON_STATUS_OK || told.count == 1,
         "what is posted after the loop's end is told by the detach");
  tenon_executor_release(world.executor);
}

static void *run_elsewhere(void *context) {
  world_t *world = context;
  told_t told = {.stops = world};
  tenon_timer_start(world->executor, tenon_timer_now_ns() + 5 * NS_PER_MS, tell, &told, NULL);
  world_run(world);
  expect(told.count == 1 && pthread_equal(told.thread, pthread_self()),
         "a loop that has moved runs jobs on its new thread");
  return NULL;
}

static void *detach_elsewhere(void *context) {
  world_t *world = context;
  run_elsewhere(world);
  world_detach(world, NS_PER_S);
  world_run_detached(world);
  return NULL;
}

void check_a_loop_that_moves_to_another_thread(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_MOVES) || !world_begin(&world, subject))
    return;
  world_hold(&world);
  pthread_join(start(run_elsewhere, &world), NULL);
  uint64_t before = polls(&world);
  run_elsewhere(&world);
  pthread_join(start(detach_elsewhere, &world), NULL);
  expect(polls(&world) - before < 40, "a loop that has moved is polled no more often");
  expect(world.is_detached, "a loop that has moved is detached from by its last thread");
  tenon_executor_release(world.executor);
  subject->destroy(world.loop);
}
