/*
 * (c) Jobs are posted to a loop, by one or two threads (the variant), or with 0 by the loop's own.
 *
 * A job is a function and a context. The loop's own thread posts 1024 at a time and then runs them.
 */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <tenon/tenon.h>
#include <tenon/uv.h>
#include <uv.h>

#define BATCH 1024

static long done; /* jobs run, on the loop's thread */

static void count(void *context) { *(long *)context += 1; }

/* The limit: Vyukov's queue of linked nodes, made beforehand, and a consumer that spins. */

typedef struct node {
  struct node *_Atomic next;
  void (*fn)(void *context);
  void *context;
} node_t;

static node_t stub;
static node_t *_Atomic newest = &stub;
static node_t *oldest = &stub;

static void queue_push(node_t *node) {
  atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
  node_t *before = atomic_exchange_explicit(&newest, node, memory_order_acq_rel);
  atomic_store_explicit(&before->next, node, memory_order_release);
}

static node_t *queue_pop(void) {
  node_t *next = atomic_load_explicit(&oldest->next, memory_order_acquire);
  if (next)
    oldest = next; /* the node before it stays behind: `next` is the stub from now on */
  return next;
}

static node_t *spin_nodes;

static void spin_prepare(long jobs) {
  spin_nodes = (node_t *)malloc((size_t)jobs * sizeof(node_t));
  memset(spin_nodes, 1, (size_t)jobs * sizeof(node_t)); /* so that the pages are there */
}

static void spin_post(long first, long jobs) {
  for (long i = first; i < first + jobs; i++) {
    spin_nodes[i].fn = count;
    spin_nodes[i].context = &done;
    queue_push(&spin_nodes[i]);
  }
}

static void spin_run(long target) {
  while (done < target) {
    node_t *node = queue_pop();
    if (node)
      node->fn(node->context);
  }
}

/* Tenon on libuv. */

static uv_loop_t loop;
static uv_async_t host; /* keeps the loop alive before the first job, as a host's own handles do */
static tenon_executor_t *executor;

static void tenon_count(void *context, tenon_status_t status) {
  BENCH_CHECK(status == TENON_STATUS_OK);
  count(context);
}

static void tenon_prepare(long jobs) {
  (void)jobs;
  BENCH_CHECK(uv_loop_init(&loop) == 0);
  BENCH_CHECK(uv_async_init(&loop, &host, NULL) == 0);
  BENCH_CHECK(tenon_uv_attach(&loop, NULL, &executor) == TENON_STATUS_OK);
}

static void tenon_post(long first, long jobs) {
  (void)first;
  for (long i = 0; i < jobs; i++)
    BENCH_CHECK(tenon_executor_post(executor, tenon_count, &done) == TENON_STATUS_OK);
}

static void tenon_run(long target) {
  while (done < target)
    uv_run(&loop, UV_RUN_ONCE);
}

/* The producers. */

static void (*prepare)(long jobs);
static void (*post)(long first, long jobs);
static void (*run)(long target);
static pthread_barrier_t start_line;

typedef struct producer {
  pthread_t thread;
  int index;
  long first, jobs;
} producer_t;

static void *produce(void *context) {
  producer_t *producer = (producer_t *)context;
  bench_pin(producer->index + 1);
  pthread_barrier_wait(&start_line);
  post(producer->first, producer->jobs);
  return NULL;
}

static void post_from_threads(int threads, long jobs) {
  producer_t producers[8];
  long share = jobs / threads;
  for (int i = 0; i < threads; i++) {
    producers[i].index = i;
    producers[i].first = i * share;
    producers[i].jobs = share;
    BENCH_CHECK(pthread_create(&producers[i].thread, NULL, produce, &producers[i]) == 0);
  }
  pthread_barrier_wait(&start_line);
  run(share * threads);
  for (int i = 0; i < threads; i++)
    pthread_join(producers[i].thread, NULL);
}

static void post_from_loop(long jobs) {
  for (long first = 0; first < jobs; first += BATCH) {
    long batch = jobs - first < BATCH ? jobs - first : BATCH;
    post(first, batch);
    run(first + batch);
  }
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("post", argc, argv);
  if (bench_is(&bench, "spin")) {
    prepare = spin_prepare;
    post = spin_post;
    run = spin_run;
  } else if (bench_is(&bench, "tenon")) {
    prepare = tenon_prepare;
    post = tenon_post;
    run = tenon_run;
  } else {
    return bench_unknown(&bench);
  }
  BENCH_CHECK(bench.variant >= 0 && bench.variant <= 8);
  bench_pin(0);
  prepare(bench.iterations);
  pthread_barrier_init(&start_line, NULL, (unsigned)bench.variant + 1);
  uint64_t start_ns = bench_now_ns();
  if (bench.variant)
    post_from_threads(bench.variant, bench.iterations);
  else
    post_from_loop(bench.iterations);
  double ns = bench_ns_per_op(start_ns, bench.iterations);
  if (executor) {
    uv_close((uv_handle_t *)&host, NULL);
    BENCH_CHECK(tenon_uv_detach(executor, TENON_FOREVER, NULL, NULL) == TENON_STATUS_OK);
    BENCH_CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0 && uv_loop_close(&loop) == 0);
    BENCH_CHECK(tenon_executor_release(executor) == TENON_STATUS_OK);
  }
  free(spin_nodes);
  return bench_report(&bench, ns);
}
