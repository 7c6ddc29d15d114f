#!/usr/bin/env bash
# Each exported function at each point where the system may refuse memory, a descriptor, a mapping or a thread: with the
# installed libraries, shared and static. Which have the reserve; see docs/guide/out-of-memory.md.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$(scripts/stage.sh)
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
build=.build-c/exhaustion
mkdir -p $build
compile() { # output, package, options...
  # shellcheck disable=SC2046 # words
  gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -o "$build/$1" "${@:3}" $(pkg-config --cflags --libs $2) -pthread
}
# Whether a program has a case for each function that is named in the standard input.
has_all() {
  diff <("$build/$1" --functions | LC_ALL=C sort -u) <(LC_ALL=C sort -u) || {
    echo "test-exhaustion: the cases of $1 (<) and the contract (>) name different functions" >&2
    exit 1
  }
}
for kind in shared static; do
  package=tenon
  [ $kind = shared ] || package=tenon-static
  compile "points-$kind" "$package" Tests/Exhaustion/*.c "-Wl,-rpath,$prefix/lib"
  { packaging/declared.sh include/tenon include/tenon/tenon.h -- -Iinclude && cat packaging/tenon.symbols; } |
    has_all "points-$kind"
  timeout 300 "$build/points-$kind"
  # What looks at the process has thousands of points: each of them in `make test-long`, some of each part of the way here.
  compile "look-$kind" "${package/tenon/tenon-inspect} $package" Tests/Exhaustion/{main,system}.c Tests/Exhaustion/inspect/cases.c \
    "-Wl,-rpath,$prefix/lib"
  has_all "look-$kind" < packaging/tenon_inspect.symbols
  # shellcheck disable=SC2086 # none, or one word
  timeout 600 "$build/look-$kind" ${TENON_EXHAUSTION---some}
  compile "limits-$kind" "${package/tenon/tenon-inspect} $package" Tests/Exhaustion/limits/main.c "-Wl,-rpath,$prefix/lib"
  timeout 300 "$build/limits-$kind"
  compile "crowds-$kind" "$package" Tests/Exhaustion/crowds/main.c "-Wl,-rpath,$prefix/lib"
  timeout 300 "$build/crowds-$kind"
  compile "tables-$kind" "$package" Tests/Exhaustion/tables/main.c "-Wl,-rpath,$prefix/lib"
  timeout 300 "$build/tables-$kind"
  compile "threadless-$kind" "$package" Tests/Exhaustion/threadless/main.c "-Wl,-rpath,$prefix/lib"
  "$build/threadless-$kind"
done
