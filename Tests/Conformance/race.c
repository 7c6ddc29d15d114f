/*
 * The rounds of a race, on threads that wait for each other without sleeping: sleepers would not begin at once.
 */
#include "race.h"

/** All members meet here: the last one to come lets the others go. */
typedef struct barrier {
  size_t members;
  atomic_size_t here;
  atomic_size_t round;
} barrier_t;

static void meet(barrier_t *barrier) {
  size_t round = atomic_load(&barrier->round);
  if (atomic_fetch_add(&barrier->here, 1) + 1 == barrier->members) {
    atomic_store(&barrier->here, 0);
    atomic_fetch_add(&barrier->round, 1);
    return;
  }
  while (atomic_load(&barrier->round) == round)
    sched_yield();
}

typedef struct racecourse {
  const race_t *race;
  barrier_t start;
  barrier_t end;
  bool is_over; /**< the first member's to write, before all meet */
} racecourse_t;

typedef struct racer {
  racecourse_t *course;
  size_t member;
} racer_t;

static void *racer_main(void *context) {
  racer_t *racer = context;
  const race_t *race = racer->course->race;
  for (size_t round = 0;; round++) {
    meet(&racer->course->start);
    if (racer->course->is_over)
      return NULL;
    race->run(race->context, racer->member, round);
    meet(&racer->course->end);
  }
}

/** Half of what a case may take: where the members of a race wait for a processor, its rounds are fewer. */
#define RACE_NS_MAX UINT64_C(60000000000)

void race_run(const race_t *race) {
  enum { MEMBERS_MAX = 8 };
  racecourse_t course = {race, {race->members, 0, 0}, {race->members, 0, 0}, false};
  racer_t racers[MEMBERS_MAX];
  pthread_t threads[MEMBERS_MAX];
  if (!CHECK(race->members >= 1 && race->members <= MEMBERS_MAX))
    return;
  for (size_t member = 1; member < race->members; member++) {
    racers[member] = (racer_t){&course, member};
    threads[member] = thread_start(racer_main, &racers[member]);
  }
  uint64_t limit_ns = conformance_now_ns() + RACE_NS_MAX;
  for (size_t round = 0; round < race->rounds && conformance_now_ns() < limit_ns; round++) {
    race->before(race->context, round);
    meet(&course.start);
    race->run(race->context, 0, round);
    meet(&course.end);
    race->after(race->context, round);
  }
  course.is_over = true;
  meet(&course.start);
  for (size_t member = 1; member < race->members; member++)
    thread_join(threads[member]);
}
