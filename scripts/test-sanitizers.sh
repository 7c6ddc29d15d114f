#!/usr/bin/env bash
# The tests again with a library that looks at each access to memory: the Swift tests and the suites in C under the
# thread sanitizer, the suites in C under the address sanitizer with leaks and undefined behaviour.
#   test-sanitizers.sh [thread | address]...
#
# In debug builds, because the optimizer removes accesses that the language forbids. The programs that count their
# process's threads stay out: a sanitizer brings one of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
runtime=$(scripts/swift-runtime.sh)
export TENON_TEST_LIGHT=1 TENON_TEST_SECONDS=120
export TSAN_OPTIONS="second_deadlock_stack=1 suppressions=$PWD/Tests/thread-sanitizer.txt ${TSAN_OPTIONS:-}"
export ASAN_OPTIONS="detect_leaks=1 detect_stack_use_after_return=1 ${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1 ${UBSAN_OPTIONS:-}"

# Compiles the suites in C with what is named, against the library in the scratch path.
compile() { # scratch path, sanitizers
  local library=$1/debug
  # The thread sanitizer's runtime refers to Dispatch, which the Swift library brings.
  local options=(-std=gnu11 -O1 -g -fno-omit-frame-pointer "-fsanitize=$2" -fno-sanitize-recover=undefined
    -Wall -Wextra -Werror -Iinclude)
  local libraries=("-L$library" -ltenon "-Wl,-rpath,$PWD/$library" "-L$runtime" "-Wl,-rpath,$runtime"
    -ldispatch -lBlocksRuntime -lpthread)
  "$clang" "${options[@]}" -ITests/Conformance -ITests/Conformance/include -o "$1/conformance" \
    Tests/Conformance/*.c Tests/Conformance/runner/main.c "${libraries[@]}"
  # shellcheck disable=SC2046
  "$clang" "${options[@]}" -ITests/UV -ITests/UV/include -o "$1/uv" Sources/TenonUVLoop/uv.c Tests/UV/*.c \
    Tests/UV/runner/main.c $(pkg-config --cflags --libs libuv) "${libraries[@]}"
  "$clang" "${options[@]}" -o "$1/fuzz" Tests/Fuzz/*.c "${libraries[@]}"
}

# Random programs, by number. A child of a fork may have threads there: its parent had none.
fuzz() { # scratch path; seeds or threads, and how many seconds
  local program=$PWD/$1/fuzz
  (cd "$1" && TSAN_OPTIONS="die_after_fork=0 $TSAN_OPTIONS" timeout 120 "$program" "$2" 1 100000 "$3")
}

# All cases but four. Globals of a debug build are behind a lock of Swift's runtime, which a fork while other threads are
# busy finds held; in a release build they are not. And the sanitizers' allocators refuse or touch a buffer of many
# gigabytes, which the system's gives away untouched.
left_out='a_fork_while_other_threads_are_busy_does_not_hang'
left_out+='|a_fork_while_other_threads_are_in_every_call_hangs_nowhere|a_large_buffer_costs_what_is_used_of_it'
left_out+='|a_child_that_returns_from_a_job_does_not_hang_on_what_others_had'
# What one thread does a million times races with nobody.
alone='a_hundred_thousand_pending_futures_use_no_processor_and_no_wake|the_name_of_an_executor_is_never_another_ones'
alone+='|the_memory_of_a_burst_is_given_back_and_its_handles_stay_stale'
alone+='|a_million_(scopes|timers_one_after_the_other|(cancel_)?registrations_on_one_(future|promise))_leave_memory_flat'
alone+='|.*_at_any_depth|cancel_callbacks_that_cancel_need_no_stack|a_chain_of_pipes_does_not_grow_the_stack'
alone+='|a_million_items_go_through_a_pipe_on_a_small_stack|callbacks_write_and_read_a_whole_stream'
conformance() { # scratch path, what else is left out
  local cases
  mapfile -t cases < <("$1/conformance" --list | grep -vxE "$left_out${2:+|$2}")
  timeout 1800 "$1/conformance" "${cases[@]}"
}

# Each in a process of its own: the thread sanitizer's child processes are no place for threads.
uv() { # scratch path
  local test
  for test in $("$1/uv" --list | grep -vxE "$left_out"); do
    timeout $TENON_TEST_SECONDS "$1/uv" "$test" | grep -v ' passed, ' || {
      echo "FAIL $test" >&2
      return 1
    }
  done
}

test_thread() {
  local scratch=.build-thread
  swift build --build-tests --sanitize=thread --scratch-path $scratch
  # What runs on one thread races with nobody.
  TENON_TEST_NO_CHILDREN=1 scripts/swift-tests.sh 1200 "$(swift build --show-bin-path --scratch-path $scratch)" \
    --testing-library swift-testing --skip 'WordTests|ModelTests|TimingWheelTests'
  compile $scratch thread
  conformance $scratch "$alone"
  uv $scratch
  fuzz $scratch threads 10
}

test_address() {
  local scratch=.build-address
  swift build --product tenon --sanitize=address --scratch-path $scratch
  compile $scratch address,undefined 2> >(grep -v 'Cannot export local symbol' >&2)
  conformance $scratch
  uv $scratch
  fuzz $scratch seeds 5
  fuzz $scratch threads 5
}

[ $# -gt 0 ] || set -- thread address
for sanitizer in "$@"; do
  SECONDS=0
  "test_$sanitizer"
  echo "test-sanitizers: nothing found by the $sanitizer sanitizer, in $SECONDS seconds"
done
