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
  gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -o "$build/$1" "${@:3}" $(pkg-config --cflags --libs "$2") -pthread
}
for kind in shared static; do
  package=tenon
  [ $kind = shared ] || package=tenon-static
  compile "points-$kind" "$package" Tests/Exhaustion/*.c "-Wl,-rpath,$prefix/lib"
  diff <("$build/points-$kind" --functions | LC_ALL=C sort -u) \
    <({ packaging/declared.sh include/tenon include/tenon/tenon.h -- -Iinclude && cat packaging/tenon.symbols; } |
      LC_ALL=C sort -u) || {
    echo "test-exhaustion: the cases (<) and the headers with tenon.symbols (>) name different functions" >&2
    exit 1
  }
  timeout 300 "$build/points-$kind"
  compile "crowds-$kind" "$package" Tests/Exhaustion/crowds/main.c "-Wl,-rpath,$prefix/lib"
  timeout 300 "$build/crowds-$kind"
done
