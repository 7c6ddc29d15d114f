/*
 * Wakes: none is lost, none is needless, and each job runs once.
 */
#include "check.h"

static void *post_five(void *context) {
  void **pair = context;
  told_t *told = pair[1];
  for (int index = 0; index < 5; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pair[0], tell, told));
  return NULL;
}

// Host hazard 24: wakes coalesce.
TEST(five_posts_are_one_wake_and_five_jobs) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  hold_t hold;
  hold_begin(&hold, executor);
  uv_run(loop, UV_RUN_NOWAIT);
  tenon_executor_statistics_t before = statistics(executor);
  told_t told = {0};
  void *pair[2] = {executor, &told};
  on_other_thread(post_five, pair);
  tenon_executor_statistics_t posted = statistics(executor);
  CHECK_COUNT(1, posted.wakes - before.wakes);
  CHECK_COUNT(0, posted.jobs - before.jobs);
  CHECK(uv_run(loop, UV_RUN_ONCE));
  tenon_executor_statistics_t after = statistics(executor);
  CHECK_COUNT(5, atomic_load(&told.count));
  CHECK_COUNT(5, after.jobs - before.jobs);
  CHECK_COUNT(1, after.polls - before.polls);
  CHECK_COUNT(1, after.wakes - before.wakes);
  hold_end(&hold);
  uv_run(loop, UV_RUN_DEFAULT);
  detach_and_end(executor, loop);
}

enum { POSTERS = 4, POSTS = 5000 };

typedef struct poster {
  tenon_executor_t *executor;
  int next;   /**< the job that has to come */
  int wrong;  /**< jobs out of order */
  int *total; /**< jobs of all posters */
  hold_t *hold;
} poster_t;

typedef struct posted {
  poster_t *poster;
  int number;
} posted_t;

static void run_posted(void *context, tenon_status_t status) {
  posted_t *posted = context;
  poster_t *poster = posted->poster;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (posted->number != poster->next)
    poster->wrong++;
  poster->next++;
  free(posted);
  if (++*poster->total == POSTERS * POSTS)
    hold_end(poster->hold);
}

static void *post_many(void *context) {
  poster_t *poster = context;
  for (int number = 0; number < POSTS; number++) {
    posted_t *posted = malloc(sizeof *posted);
    posted->poster = poster;
    posted->number = number;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(poster->executor, run_posted, posted));
  }
  return NULL;
}

/** Posts from many threads; they have all posted before the loop runs, or post while it does. */
static void post_from_many_threads(bool before) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  hold_t hold;
  hold_begin(&hold, executor);
  int total = 0;
  poster_t posters[POSTERS];
  pthread_t threads[POSTERS];
  for (int index = 0; index < POSTERS; index++) {
    posters[index] = (poster_t){executor, 0, 0, &total, &hold};
    threads[index] = thread_start(post_many, &posters[index]);
  }
  for (int index = 0; before && index < POSTERS; index++)
    thread_join(threads[index]);
  CHECK_COUNT(0, total);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  for (int index = 0; index < POSTERS; index++) {
    if (!before)
      thread_join(threads[index]);
    CHECK_COUNT(POSTS, posters[index].next);
    CHECK_COUNT(0, posters[index].wrong);
  }
  CHECK_COUNT(POSTERS * POSTS, total);
  CHECK_TOLD(TENON_STATUS_OK, &hold.told);
  detach_and_end(executor, loop);
}

// Host hazard 30: wakes before the loop runs, from many threads, and from inside the callback.
TEST(posts_of_many_threads_before_the_loop_runs_run_once_and_in_order) {
  post_from_many_threads(true);
}

TEST(posts_of_many_threads_while_the_loop_runs_run_once_and_in_order) {
  post_from_many_threads(false);
}

TEST(posts_before_the_loop_runs_run_once) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  for (int index = 0; index < 5000; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  CHECK_NOT_TOLD(&told);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(5000, atomic_load(&told.count));
  detach_and_end(executor, loop);
}

typedef struct tree {
  tenon_executor_t *executor;
  int depth;
  atomic_int *count;
} tree_t;

static void grow_tree(void *context, tenon_status_t status) {
  tree_t *tree = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add(tree->count, 1);
  for (int branch = 0; branch < 2 && tree->depth > 0; branch++) {
    tree_t *next = malloc(sizeof *next);
    *next = (tree_t){tree->executor, tree->depth - 1, tree->count};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(tree->executor, grow_tree, next));
  }
  free(tree);
}

TEST(posts_inside_jobs_run_once_and_never_inside_the_post) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  atomic_int count = 0;
  tree_t *root = malloc(sizeof *root);
  *root = (tree_t){executor, 13, &count};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, grow_tree, root));
  CHECK_COUNT(0, atomic_load(&count));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT((1 << 14) - 1, atomic_load(&count));
  detach_and_end(executor, loop);
}

typedef struct host_post {
  uv_timer_t timer;
  uv_prepare_t prepare;
  uv_check_t check;
  tenon_executor_t *executor;
  told_t told;
} host_post_t;

static void post_in_timer(uv_timer_t *timer) {
  host_post_t *post = timer->data;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(post->executor, tell, &post->told));
  uv_close((uv_handle_t *)timer, NULL);
}

static void post_in_prepare(uv_prepare_t *prepare) {
  host_post_t *post = prepare->data;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(post->executor, tell, &post->told));
  uv_close((uv_handle_t *)prepare, NULL);
}

static void post_in_check(uv_check_t *check) {
  host_post_t *post = check->data;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(post->executor, tell, &post->told));
  uv_close((uv_handle_t *)check, NULL);
}

TEST(posts_in_each_kind_of_host_callback_run_once) {
  uv_loop_t *loop = loop_create();
  host_post_t post = {0};
  post.executor = attach(loop);
  uv_timer_init(loop, &post.timer);
  uv_prepare_init(loop, &post.prepare);
  uv_check_init(loop, &post.check);
  post.timer.data = post.prepare.data = post.check.data = &post;
  uv_timer_start(&post.timer, post_in_timer, 1, 0);
  uv_prepare_start(&post.prepare, post_in_prepare);
  uv_check_start(&post.check, post_in_check);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(3, atomic_load(&post.told.count));
  detach_and_end(post.executor, loop);
}

typedef struct volley {
  tenon_executor_t *executor;
  atomic_int ran;
  size_t count;
  hold_t *hold;
} volley_t;

static void count_volley(void *context, tenon_status_t status) {
  volley_t *volley = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add(&volley->ran, 1);
}

static void *play_volley(void *context) {
  volley_t *volley = context;
  for (size_t round = 0; round < volley->count; round++) {
    int before = atomic_load(&volley->ran);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(volley->executor, count_volley, volley));
    // A post that falls into the end of a poll must not sleep in the queue.
    while (atomic_load(&volley->ran) == before)
      if (round % 2)
        sched_yield();
  }
  hold_end(volley->hold);
  return NULL;
}

TEST(no_wake_is_lost_at_the_end_of_a_poll) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  hold_t hold;
  hold_begin(&hold, executor);
  volley_t volley = {executor, 0, rounds(20000), &hold};
  pthread_t thread = thread_start(play_volley, &volley);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  thread_join(thread);
  CHECK_COUNT(volley.count, atomic_load(&volley.ran));
  detach_and_end(executor, loop);
}

// Host hazard 24: a wake without a job would make uv_run(UV_RUN_ONCE) return early.
TEST(uv_run_once_blocks_while_no_job_is_due) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  hold_t hold;
  hold_begin(&hold, executor);
  turns_t turns;
  turns_start(&turns, loop);
  told_t told = {0};
  for (int round = 0; round < 3; round++) {
    // Nothing is due: after the attach, after a job, after a poll that did nothing.
    host_timer_t timer;
    host_timer_start(&timer, loop, 20, 20);
    atomic_store(&turns.count, 0);
    CHECK(uv_run(loop, UV_RUN_ONCE));
    CHECK(timer.count > 0);
    CHECK_COUNT(1, atomic_load(&turns.count));
    host_timer_close(&timer);
    uv_run(loop, UV_RUN_NOWAIT);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
    CHECK(uv_run(loop, UV_RUN_ONCE));
    CHECK_COUNT(round + 1, atomic_load(&told.count));
  }
  hold_end(&hold);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  turns_close(&turns);
  detach_and_end(executor, loop);
}

TEST(uv_run_nowait_runs_what_was_posted) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  for (int round = 0; round < 100; round++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
    uv_run(loop, UV_RUN_NOWAIT);
    CHECK_COUNT(round + 1, atomic_load(&told.count));
  }
  detach_and_end(executor, loop);
}
