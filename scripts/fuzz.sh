#!/usr/bin/env bash
# Random programs over the C API, for as long as you like, led by libFuzzer to what they have not reached yet, in C and in
# Swift: fuzz.sh [SECONDS]. What it has found worth keeping stays in .build-fuzz/corpus. A program that fails is made small.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
scratch=.build-fuzz
coverage=edge,inline-8bit-counters,pc-table,trace-cmp
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
runtime=$(scripts/swift-runtime.sh)
swift build --product tenon --sanitize=address --scratch-path $scratch -Xswiftc "-sanitize-coverage=$coverage" \
  2> >(grep -v 'Cannot export local symbol' >&2)
compile() { # output, options and sources
  "$clang" -std=gnu11 -O1 -g -Wall -Wextra -Iinclude -o "$scratch/$1" "${@:2}" "-L$scratch/debug" -ltenon \
    "-Wl,-rpath,$PWD/$scratch/debug" "-L$runtime" "-Wl,-rpath,$runtime" -ldispatch -lBlocksRuntime -lpthread
}
compile fuzzer -fsanitize=fuzzer,address Tests/Fuzz/world.c Tests/Fuzz/step.c Tests/Fuzz/streams.c Tests/Fuzz/fuzzer/libfuzzer.c
mkdir -p $scratch/corpus
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS="detect_leaks=0 detect_stack_use_after_return=1 ${ASAN_OPTIONS:-}"
if ! $scratch/fuzzer -max_len=2044 -max_total_time="$seconds" -timeout=20 -artifact_prefix=$scratch/ $scratch/corpus; then
  failure=$(find $scratch -maxdepth 1 \( -name 'crash-*' -o -name 'timeout-*' -o -name 'oom-*' \) -printf '%T@ %p\n' | sort -n | sed -n '$s/^[^ ]* //p')
  echo "fuzz: $failure fails; without what it fails without it is:"
  scripts/test-fuzz.sh 1 1 > /dev/null
  SWIFT_BACKTRACE=enable=no .build-c/fuzz reduce "$failure"
  exit 1
fi
