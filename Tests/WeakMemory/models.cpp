// What the core's words rely on, each as a small program of two or three threads of which every execution is tried that
// C++'s memory model allows (Swift's is the same): by relacy, D. Vyukov's race detector.
//
// Each model stands for one place of the core, which it names. Its operations have the orders that they have there; and with
// `weak` one of them has less, and then the model has to fail: so that it is known to look at that order.
#include <relacy/relacy.hpp>

#include <cstdio>
#include <cstring>

using rl::mo_acq_rel;
using rl::mo_acquire;
using rl::mo_relaxed;
using rl::mo_release;
using rl::mo_seq_cst;

using word = rl::atomic<unsigned>;

/// A futex: the system's look at the word and its sleep are one step to whoever wakes.
struct futex {
  word value;
  rl::mutex lock;
  rl::condition_variable sleepers;

  void wait(unsigned expected) {
    lock.lock($);
    while (value.load(mo_seq_cst, $) == expected)
      sleepers.wait(lock, $);
    lock.unlock($);
  }
  void wake() {
    lock.lock($);
    sleepers.notify_all($);
    lock.unlock($);
  }
};

bool exchange(word &word, unsigned from, unsigned to, rl::memory_order order) {
  return word.compare_exchange_strong(from, to, order, $);
}

// MARK: Futures

/// Futures.swift: who settles locks the word, writes the value, and publishes; who finds it settled reads the value.
template <bool weak> struct settle_and_read : rl::test_suite<settle_and_read<weak>, 3> {
  enum { pending, locked, fulfilled, taken };
  word word_;
  rl::var<int> value;
  rl::var<int> reads;

  void before() {
    word_.store(pending, mo_relaxed, $);
    reads($) = 0;
  }
  void thread(unsigned index) {
    if (index == 0) {
      if (!exchange(word_, pending, locked, mo_acq_rel))
        RL_ASSERT(false);
      value($) = 7;
      word_.store(fulfilled, weak ? mo_relaxed : mo_release, $);
    } else if (exchange(word_, fulfilled, locked, mo_acq_rel)) {
      // One of two readers takes it.
      RL_ASSERT(value($) == 7);
      value($) = 0;
      reads($) = int(reads($)) + 1;
      word_.store(taken, mo_release, $);
    }
  }
  void after() { RL_ASSERT(int(reads($)) <= 1); }
};

/// Registering.swift and Registrations.swift: a callback is linked under the lock, or the future is found settled; and a
/// settler that comes after it tells it. It may be removed at the same time.
template <bool weak> struct register_and_settle : rl::test_suite<register_and_settle<weak>, 3> {
  enum { is_open = 1, locked = 2 };
  enum { free, armed, queued, forgotten };
  word future, registration;
  rl::var<int> list;
  rl::var<int> context;
  word told;

  void before() {
    future.store(is_open, mo_relaxed, $);
    registration.store(free, mo_relaxed, $);
    list($) = 0;
    told.store(0, mo_relaxed, $);
  }
  bool lock() {
    rl::linear_backoff backoff;
    for (;;) {
      unsigned old = future.load(mo_acquire, $);
      if (!(old & is_open))
        return false;
      if (!(old & locked) && exchange(future, old, old | locked, mo_acq_rel))
        return true;
      backoff.yield($);
    }
  }
  void tell() {
    RL_ASSERT(context($) == 5);
    told.fetch_add(1, mo_relaxed, $);
  }
  void thread(unsigned index) {
    if (index == 0) {
      context($) = 5;
      if (!lock())
        return tell(); // settled: told by the caller
      list($) = 1;
      registration.store(armed, mo_release, $);
      future.store(is_open, weak ? mo_relaxed : mo_release, $);
    } else if (index == 1) {
      if (!lock())
        RL_ASSERT(false);
      int first = list($);
      future.store(0, mo_release, $);
      if (first != 0 && exchange(registration, armed, queued, mo_acq_rel))
        tell();
    } else if (exchange(registration, armed, forgotten, mo_acq_rel)) {
      tell(); // FORGOTTEN
    }
  }
  void after() { RL_ASSERT(told.load(mo_relaxed, $) == 1); }
};

/// Registrations.swift: a forgotten callback that is still in somebody's list is freed once, by whoever comes second.
template <bool weak> struct told_and_met : rl::test_suite<told_and_met<weak>, 2> {
  word word_;
  rl::var<int> content;
  word frees;

  void before() {
    word_.store(0, mo_relaxed, $);
    content($) = 0;
    frees.store(0, mo_relaxed, $);
  }
  void thread(unsigned index) {
    content($).load();
    if (word_.fetch_or(1u << index, weak ? mo_relaxed : mo_acq_rel, $) != 0) {
      content($) = 1; // its next life
      frees.fetch_add(1, mo_relaxed, $);
    }
  }
  void after() { RL_ASSERT(frees.load(mo_relaxed, $) == 1); }
};

// MARK: Each side writes first and then reads what the other one writes

/// Two threads that write their own word and then look at the other's: one of them sees the other. What there is between the two
/// is `how`.
///
/// `begin` writes and looks by two sequentially consistent operations, which are in order with a fence of the other thread
/// ([atomics.order], 5). Relacy does not know that rule: so in its place stands a fence, which comes to the same.
enum class between { fence, sequential, none };

template <between first, between second>
struct write_then_look : rl::test_suite<write_then_look<first, second>, 2> {
  word words[2];
  rl::var<int> saw[2];

  void before() {
    for (int index = 0; index < 2; index++) {
      words[index].store(0, mo_relaxed, $);
      saw[index]($) = 0;
    }
  }
  void thread(unsigned index) {
    const between how = index == 0 ? first : second;
    word &mine = words[index], &other = words[1 - index];
    const bool is_sequential = how == between::sequential;
    mine.fetch_add(1, is_sequential ? mo_seq_cst : mo_acq_rel, $);
    if (how == between::fence)
      rl::atomic_thread_fence(mo_seq_cst, $);
    saw[index]($) = int(other.load(is_sequential ? mo_seq_cst : mo_relaxed, $));
  }
  void after() { RL_ASSERT(int(saw[0]($)) + int(saw[1]($)) > 0); }
};

/// CancelCall.swift and Drivers.swift (`begin`): a call is cancelled by its driver, or in its driver. And AwaitFuture.swift with
/// CancelInProgress.swift: a cancel is passed on by whoever awaits, or by whoever cancels.
using cancel_a_call = write_then_look<between::fence, between::fence>;
using await_a_future = write_then_look<between::sequential, between::sequential>;
/// Registering.swift (`confirm`) and Close.swift: a callback is told by the close, or taken back.
using register_and_close = write_then_look<between::fence, between::fence>;
using without_a_fence = write_then_look<between::fence, between::none>;

// MARK: Sleeping

/// WakeSource.swift: a thread says that it sleeps and then looks at the signal; a producer gives the signal, and then looks
/// whether somebody sleeps.
template <bool weak> struct wake_source : rl::test_suite<wake_source<weak>, 2> {
  futex signal;
  word sleepers;

  void before() {
    signal.value.store(0, mo_relaxed, $);
    sleepers.store(0, mo_relaxed, $);
  }
  void thread(unsigned index) {
    if (index == 0) {
      sleepers.fetch_add(1, mo_seq_cst, $);
      signal.wait(0);
      sleepers.fetch_sub(1, mo_relaxed, $);
    } else {
      signal.value.store(1, weak ? mo_release : mo_seq_cst, $);
      if (sleepers.load(weak ? mo_relaxed : mo_seq_cst, $) != 0)
        signal.wake();
    }
  }
};

/// Monitor.swift: an event count. `quiet`: as `signal()`, which counts only if somebody sleeps.
template <bool quiet, bool weak> struct monitor : rl::test_suite<monitor<quiet, weak>, 2> {
  futex changes;
  word sleepers, condition;

  void before() {
    changes.value.store(0, mo_relaxed, $);
    sleepers.store(0, mo_relaxed, $);
    condition.store(0, mo_relaxed, $);
  }
  void change() {
    changes.value.fetch_add(1, mo_seq_cst, $);
    if (sleepers.load(weak ? mo_relaxed : mo_seq_cst, $) != 0)
      changes.wake();
  }
  void thread(unsigned index) {
    if (index == 0) {
      sleepers.fetch_add(1, weak ? mo_relaxed : mo_seq_cst, $);
      if (!weak)
        rl::atomic_thread_fence(mo_seq_cst, $);
      for (;;) {
        unsigned seen = changes.value.load(mo_seq_cst, $);
        if (condition.load(mo_relaxed, $) != 0)
          break;
        changes.wait(seen);
      }
      sleepers.fetch_sub(1, mo_relaxed, $);
    } else {
      condition.store(1, mo_release, $);
      if (quiet) {
        rl::atomic_thread_fence(weak ? mo_relaxed : mo_seq_cst, $);
        if (sleepers.load(mo_relaxed, $) != 0)
          change();
      } else {
        change();
      }
    }
  }
};

/// PoolEnqueue.swift and PoolWork.swift: a producer adds a job and then looks whether a thread could come; a thread that is about to
/// sleep says so, and looks at the work then. So nobody sleeps beside a job.
template <bool weak> struct pool_sleep : rl::test_suite<pool_sleep<weak>, 2> {
  futex signal;
  word jobs, helpers;

  void before() {
    signal.value.store(0, mo_relaxed, $);
    jobs.store(0, mo_relaxed, $);
    helpers.store(0, mo_relaxed, $);
  }
  void thread(unsigned index) {
    if (index == 0) {
      helpers.fetch_add(1, mo_seq_cst, $);
      rl::atomic_thread_fence(mo_seq_cst, $);
      if (jobs.load(mo_relaxed, $) == 0)
        signal.wait(0);
    } else {
      jobs.store(1, mo_release, $);
      if (!weak)
        rl::atomic_thread_fence(mo_seq_cst, $);
      if (helpers.load(mo_relaxed, $) != 0) {
        signal.value.store(1, mo_release, $);
        signal.wake();
      }
    }
  }
};

// MARK: Streams

/// EndWord.swift: who waits sets a flag in the other end's word while nobody is inside, and looks again after that; who sends
/// enters by the word, and so sees the flag, or leaves by it, and so is seen. And the item is seen with its index.
template <bool weak> struct end_word : rl::test_suite<end_word<weak>, 2> {
  enum { locked = 1, peer_waits = 2 };
  word sink, tail;
  rl::var<int> item;
  rl::var<int> was_woken, was_seen;

  void before() {
    sink.store(0, mo_relaxed, $);
    tail.store(0, mo_relaxed, $);
    was_woken($) = was_seen($) = 0;
  }
  void thread(unsigned index) {
    if (index == 0) {
      unsigned before = sink.load(mo_relaxed, $);
      while (!exchange(sink, before, before | locked, mo_acquire))
        before = sink.load(mo_relaxed, $);
      item($) = 3;
      tail.store(1, mo_release, $);
      sink.store(before, weak ? mo_relaxed : mo_release, $);
      was_woken($) = (before & peer_waits) != 0;
    } else {
      rl::linear_backoff backoff;
      while (!exchange(sink, 0, peer_waits, mo_acq_rel))
        backoff.yield($);
      was_seen($) = tail.load(mo_acquire, $) != 0;
      if (int(was_seen($)) != 0)
        RL_ASSERT(item($) == 3);
    }
  }
  void after() { RL_ASSERT(int(was_woken($)) + int(was_seen($)) > 0); }
};

// MARK: Pools

/// JobRing.swift: the owner adds, and whoever takes reads first and then claims.
template <bool weak> struct job_ring : rl::test_suite<job_ring<weak>, 3> {
  static constexpr unsigned jobs = 1;
  word head, tail, slots[2];
  rl::var<int> contexts[2];
  word taken;

  void before() {
    head.store(0, mo_relaxed, $);
    tail.store(0, mo_relaxed, $);
    taken.store(0, mo_relaxed, $);
    for (word &slot : slots)
      slot.store(9, mo_relaxed, $);
  }
  void thread(unsigned index) {
    if (index == 0) {
      for (unsigned job = 0; job < jobs; job++) {
        contexts[job]($) = 1;
        slots[job].store(job, mo_relaxed, $);
        tail.store(job + 1, weak ? mo_relaxed : mo_release, $);
      }
    } else {
      unsigned first = head.load(mo_acquire, $);
      while (first != tail.load(mo_acquire, $)) {
        unsigned job = slots[first].load(mo_relaxed, $);
        if (exchange(head, first, first + 1, mo_acq_rel)) {
          RL_ASSERT(job == first && contexts[job]($) == 1);
          taken.fetch_add(1u << (4 * job), mo_relaxed, $);
        }
        first = head.load(mo_acquire, $);
      }
    }
  }
  void after() { RL_ASSERT((taken.load(mo_relaxed, $) & ~0x11u) == 0); }
};

/// ParallelLoop.swift: the caller's stack is gone when no helper is there any more, and not before the last one has left.
template <bool weak> struct helpers_leave : rl::test_suite<helpers_leave<weak>, 3> {
  enum { is_awaited = 0x80 };
  futex helpers;
  rl::var<int> work[2];

  void before() {
    helpers.value.store(2, mo_relaxed, $);
    work[0]($) = work[1]($) = 0;
  }
  void thread(unsigned index) {
    if (index < 2) {
      work[index]($) = 1;
      unsigned before = helpers.value.fetch_sub(1, weak ? mo_relaxed : mo_acq_rel, $);
      if (before == (is_awaited | 1))
        helpers.wake();
    } else {
      unsigned word = helpers.value.fetch_or(is_awaited, mo_acq_rel, $) | is_awaited;
      while (word != is_awaited) {
        helpers.wait(word);
        word = helpers.value.load(mo_acquire, $);
      }
      RL_ASSERT(int(work[0]($)) + int(work[1]($)) == 2);
    }
  }
};

// MARK: Combinators

/// Combining.swift: the last input settles the result, as cancelled if a cancel was asked for; once.
template <bool weak> struct last_input : rl::test_suite<last_input<weak>, 3> {
  enum { open, cancelling, decided };
  word decision, left, settled;
  rl::var<int> errors[2];

  void before() {
    decision.store(open, mo_relaxed, $);
    left.store(2, mo_relaxed, $);
    settled.store(0, mo_relaxed, $);
    errors[0]($) = errors[1]($) = 0;
  }
  void thread(unsigned index) {
    if (index == 2) {
      exchange(decision, open, cancelling, mo_seq_cst);
      return;
    }
    errors[index]($) = 1;
    if (left.fetch_sub(1, weak ? mo_relaxed : mo_seq_cst, $) != 1)
      return;
    RL_ASSERT(int(errors[0]($)) + int(errors[1]($)) == 2);
    if (exchange(decision, open, decided, mo_seq_cst))
      settled.fetch_add(1, mo_relaxed, $);
    else if (decision.load(mo_acquire, $) == cancelling)
      settled.fetch_add(1, mo_relaxed, $);
  }
  void after() { RL_ASSERT(settled.load(mo_relaxed, $) == 1); }
};

// MARK: Running them

static int wrong;

template <class Model> bool holds_in(std::ostream &output, unsigned long long &executions) {
  rl::test_params params;
  params.search_type = rl::sched_full;
  params.output_stream = params.progress_stream = &output;
  const bool holds = rl::simulate<Model>(params);
  executions = params.stop_iteration;
  return holds;
}

template <class Model> void explore(const char *name, bool must_hold) {
  std::ostream nobody(nullptr);
  unsigned long long executions = 0;
  const bool holds = holds_in<Model>(nobody, executions);
  std::printf("%-28s %9llu executions: %s\n", name, executions,
              holds == must_hold ? holds ? "holds" : "fails, as it must"
              : holds            ? "HOLDS with less: what does it look at?"
                                 : "FAILS");
  std::fflush(stdout);
  if (holds == must_hold)
    return;
  wrong++;
  if (must_hold)
    holds_in<Model>(std::cout, executions);
}

int main() {
  explore<settle_and_read<false>>("settle and read", true);
  explore<settle_and_read<true>>("settle and read, weak", false);
  explore<register_and_settle<false>>("register and settle", true);
  explore<register_and_settle<true>>("register and settle, weak", false);
  explore<told_and_met<false>>("told and met", true);
  explore<told_and_met<true>>("told and met, weak", false);
  explore<cancel_a_call>("cancel a call", true);
  explore<await_a_future>("await a future", true);
  explore<register_and_close>("register and close", true);
  explore<without_a_fence>("the same without a fence", false);
  explore<wake_source<false>>("wake source", true);
  explore<wake_source<true>>("wake source, weak", false);
  explore<monitor<false, false>>("monitor", true);
  explore<monitor<true, false>>("monitor, quiet", true);
  explore<monitor<true, true>>("monitor, weak", false);
  explore<pool_sleep<false>>("a pool's sleep", true);
  explore<pool_sleep<true>>("a pool's sleep, weak", false);
  explore<end_word<false>>("end word", true);
  explore<end_word<true>>("end word, weak", false);
  explore<job_ring<false>>("job ring", true);
  explore<job_ring<true>>("job ring, weak", false);
  explore<helpers_leave<false>>("helpers leave", true);
  explore<helpers_leave<true>>("helpers leave, weak", false);
  explore<last_input<false>>("last input", true);
  explore<last_input<true>>("last input, weak", false);
  return wrong != 0;
}
