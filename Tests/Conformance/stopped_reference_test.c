/*
 * References that are taken and given back by two threads at once: at each place where one can come in between the other. See
 * stopped.h.
 */
#include "stopped.h"

static atomic_int dropped;
static const char mark = 0;

static void count_end(void *pointer, size_t size) {
  (void)size;
  CHECK(pointer == &dropped);
  atomic_fetch_add(&dropped, 1);
}

typedef enum noun { OBJECT, FAILURE, SCOPE, NOUNS } noun_t;

/** What a thread does with one of them. */
typedef enum use { RETAIN, RELEASE, LOOK } use_t;

typedef struct shared {
  noun_t noun;
  use_t here, there;
  void *handle;
  atomic_int references;
} shared_t;

static void shared_before(void *context) {
  shared_t *shared = context;
  tenon_object_t *object = NULL;
  tenon_error_t *error = NULL;
  tenon_scope_t *scope = NULL;
  atomic_store(&dropped, 0);
  atomic_store(&shared->references, 1);
  switch (shared->noun) {
  case OBJECT:
    CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(&dropped, &mark, count_end, &object));
    shared->handle = object;
    break;
  case FAILURE:
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_create("test", 1, "text", NULL, &error));
    shared->handle = error;
    break;
  default:
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
    shared->handle = scope;
    break;
  }
}

static tenon_status_t retain(const shared_t *shared) {
  switch (shared->noun) {
  case OBJECT:
    return tenon_object_retain(shared->handle);
  case FAILURE:
    return tenon_error_retain(shared->handle);
  default:
    return tenon_scope_retain(shared->handle);
  }
}

static tenon_status_t release(const shared_t *shared) {
  switch (shared->noun) {
  case OBJECT:
    return tenon_object_release(shared->handle);
  case FAILURE:
    return tenon_error_release(shared->handle);
  default:
    return tenon_scope_release(shared->handle);
  }
}

static tenon_status_t look(const shared_t *shared) {
  void *pointer = NULL;
  int64_t code = 0;
  tenon_status_t status = TENON_STATUS_OK;
  if (shared->noun == OBJECT) {
    status = tenon_object_get(shared->handle, &mark, &pointer);
    CHECK(pointer == (status == TENON_STATUS_OK ? &dropped : NULL));
  } else {
    status = tenon_error_get_code(shared->handle, &code);
    CHECK_COUNT(status == TENON_STATUS_OK, code);
  }
  return status;
}

/** Either it is there, or the last reference has gone. */
static void use(shared_t *shared, use_t how) {
  tenon_status_t status = how == RETAIN    ? retain(shared)
                          : how == RELEASE ? release(shared)
                                           : look(shared);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_STALE);
  if (status == TENON_STATUS_OK && how != LOOK)
    atomic_fetch_add(&shared->references, how == RETAIN ? 1 : -1);
}

static void use_here(void *context) {
  shared_t *shared = context;
  use(shared, shared->here);
}

static void use_there(void *context) {
  shared_t *shared = context;
  use(shared, shared->there);
}

static void shared_after(void *context) {
  shared_t *shared = context;
  int left = atomic_load(&shared->references);
  CHECK(left >= 0);
  if (shared->noun == OBJECT)
    CHECK_COUNT(left == 0, atomic_load(&dropped));
  while (left-- > 0)
    CHECK_STATUS(TENON_STATUS_OK, release(shared));
  CHECK_STATUS(TENON_STATUS_STALE, release(shared));
  if (shared->noun == OBJECT)
    CHECK_COUNT(1, atomic_load(&dropped));
}

CASE(references_that_two_threads_take_and_give_back_are_counted_and_the_last_one_ends) {
  for (int noun = 0; noun < NOUNS; noun++)
    for (int here = RETAIN; here <= (noun == SCOPE ? RELEASE : LOOK); here++)
      for (int there = RETAIN; there <= RELEASE; there++) {
        shared_t shared = {(noun_t)noun, (use_t)here, (use_t)there, NULL, 0};
        meeting_t meeting = {&shared, shared_before, use_here, use_there, shared_after, 0};
        meeting_run(&meeting);
      }
}
