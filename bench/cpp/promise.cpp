// (k) Promises of the standard library and of Boost.Thread: on one thread, across two, and in a chain.
#define BOOST_THREAD_VERSION 4

#include "promises.hpp"

#include <boost/thread/future.hpp>

#include <future>

// One operation is one link of a chain of a thousand. Without a policy each runs on a thread that is started
// for it; with launch::sync on the one that settles, as Tenon's do.
template <class... Policy> static double run_then(long iterations, Policy... policy) {
  const std::uint64_t start_ns = bench_now_ns();
  for (long i = 0; i < iterations; i += 1000) {
    boost::promise<long> promise;
    boost::future<long> future = promise.get_future();
    for (int link = 0; link < 1000; link++)
      future = future.then(policy..., [](boost::future<long> before) { return before.get() + 1; });
    promise.set_value(0);
    BENCH_CHECK(future.get() == 1000);
  }
  return bench_ns_per_op(start_ns, iterations);
}

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("promise", argc, argv);
  double ns;
  if (bench_is(&bench, "std"))
    ns = run_promise<std::promise>(bench.iterations);
  else if (bench_is(&bench, "boost"))
    ns = run_promise<boost::promise>(bench.iterations);
  else if (bench_is(&bench, "std-block"))
    ns = run_block<std::promise>(bench.iterations);
  else if (bench_is(&bench, "boost-block"))
    ns = run_block<boost::promise>(bench.iterations);
  else if (bench_is(&bench, "boost-then"))
    ns = run_then(bench.iterations);
  else if (bench_is(&bench, "boost-then-sync"))
    ns = run_then(bench.iterations, boost::launch::sync);
  else
    return bench_unknown(&bench);
  return bench_report(&bench, ns);
}
