// The program of examples-c/search in C++20: the same Swift half and the same options, output and exit
// statuses, with coroutines in the place of callbacks. They run on a libuv loop of the program's own.
//
// search.cpp has the coroutines, walk.cpp makes a call of libuv's awaitable.
#include "search.hpp"

#include <tenon/process.h>
#include <tenon/timer.h>
#include <tenon/uv.h>

#include <getopt.h>

#include <charconv>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <optional>

namespace {

struct arguments {
  options options;
  std::optional<std::uint64_t> timeout_ms;
  bool wants_stats = false;
};

void usage(std::FILE *file) {
  std::fputs(
      "usage: search [--max-in-flight N] [--timeout-ms T] [--limit M] [--stats] PATTERN DIR\n",
      file);
}

/// A whole number of at least `least`.
std::optional<std::uint64_t> parse(std::string_view text, std::uint64_t least) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least)
    return std::nullopt;
  return number;
}

/// Nothing: they are no good. Ends the program if it only has to say how it is used.
std::optional<arguments> read(int count, char **words) {
  static const option known[] = {{"max-in-flight", required_argument, nullptr, 'f'},
                                 {"timeout-ms", required_argument, nullptr, 't'},
                                 {"limit", required_argument, nullptr, 'l'},
                                 {"stats", no_argument, nullptr, 's'},
                                 {"help", no_argument, nullptr, 'h'},
                                 {nullptr, 0, nullptr, 0}};
  arguments arguments;
  for (int option; (option = getopt_long(count, words, "", known, nullptr)) != -1;) {
    std::optional<std::uint64_t> number = 0;
    switch (option) {
    case 'f':
      if ((number = parse(optarg, 1)))
        arguments.options.in_flight_max = *number;
      break;
    case 't':
      number = arguments.timeout_ms = parse(optarg, 0);
      break;
    case 'l':
      if ((number = parse(optarg, 1)))
        arguments.options.limit = *number;
      break;
    case 's':
      arguments.wants_stats = true;
      break;
    case 'h':
      usage(stdout);
      std::exit(0);
    default:
      return std::nullopt;
    }
    if (!number)
      return std::nullopt;
  }
  if (count - optind != 2)
    return std::nullopt;
  arguments.options.pattern = words[optind];
  arguments.options.root = words[optind + 1];
  return arguments;
}

/// What stops a search from outside.
struct stops {
  uv_signal_t interrupt;
  uv_timer_t timeout;

  stops(uv_loop_t *loop, search *search, std::optional<std::uint64_t> timeout_ms) {
    uv_signal_init(loop, &interrupt);
    uv_timer_init(loop, &timeout);
    interrupt.data = timeout.data = search;
    uv_signal_start(
        &interrupt,
        [](uv_signal_t *handle, int) { static_cast<class search *>(handle->data)->stop(130); },
        SIGINT);
    if (timeout_ms)
      uv_timer_start(
          &timeout,
          [](uv_timer_t *handle) { static_cast<class search *>(handle->data)->stop(124); },
          *timeout_ms, 0);
  }

  void close() {
    uv_close(reinterpret_cast<uv_handle_t *>(&interrupt), nullptr);
    uv_close(reinterpret_cast<uv_handle_t *>(&timeout), nullptr);
  }
};

/// The whole of it: when this has ended nothing keeps the loop alive.
tenon::task<> run(search &search, stops &stops, tenon_executor_t *executor,
                  tenon_executor_statistics_t &statistics) {
  std::exception_ptr failure;
  try {
    co_await search.run();
  } catch (...) {
    failure = std::current_exception();
  }
  stops.close();
  tenon_executor_get_statistics(executor, &statistics);
  tenon_uv_detach(executor, TENON_FOREVER, nullptr, nullptr);
  if (failure)
    std::rethrow_exception(failure);
}

int count_threads() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Threads:"))
      return std::stoi(line.substr(8));
  return -1;
}

void print_statistics(const search &search, const tenon_executor_statistics_t &loop,
                      std::uint64_t start_ns, int threads) {
  tenon_process_statistics_t process = TENON_PROCESS_STATISTICS_INIT;
  tenon_process_get_statistics(&process);
  std::fprintf(stderr,
               "files %zu\nmatches %" PRIu64 "\nfutures created %" PRIu64
               "\nfutures settled %" PRIu64 "\nfutures cancelled %" PRIu64 "\nwakes %" PRIu64
               "\npolls %" PRIu64 "\nthreads %d (libuv's pool included)\nelapsed %.3f s\n",
               search.files(), search.matches(), process.futures_created, process.futures_settled,
               process.futures_cancelled, loop.wakes, loop.polls, threads,
               static_cast<double>(tenon_timer_now_ns() - start_ns) / 1e9);
}

int search_with(const arguments &arguments) {
  const std::uint64_t start_ns = tenon_timer_now_ns();
  uv_loop_t loop;
  tenon_executor_t *handle = nullptr;
  if (uv_loop_init(&loop) != 0 || tenon_uv_attach(&loop, nullptr, &handle) != TENON_STATUS_OK ||
      tenon_process_own(handle) != TENON_STATUS_OK) {
    std::fputs("search: cannot set up the loop\n", stderr);
    return 2;
  }
  auto executor = tenon::executor::adopt(handle);
  search search(&loop, executor, arguments.options);
  stops stops(&loop, &search, arguments.timeout_ms);
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  auto result = run(search, stops, executor, statistics).start(executor);
  uv_run(&loop, UV_RUN_DEFAULT);
  const int threads = count_threads();
  result.get();
  const bool is_closed = uv_loop_close(&loop) == 0;
  if (arguments.wants_stats)
    print_statistics(search, statistics, start_ns, threads);
  if (!is_closed)
    std::fputs("search: something was left on the loop\n", stderr);
  return is_closed ? search.exit_status() : 2;
}

} // namespace

int main(int count, char **words) {
  const auto arguments = read(count, words);
  if (!arguments) {
    usage(stderr);
    return 2;
  }
  // A pipe without a reader is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return search_with(*arguments);
  } catch (const std::exception &exception) {
    std::fprintf(stderr, "search: %s\n", exception.what());
    return 2;
  }
}
