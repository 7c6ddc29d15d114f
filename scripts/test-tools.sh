#!/usr/bin/env bash
# A host's own tools on programs that use the installed libraries as they should, shared and static: memcheck, helgrind, drd, and
# the thread, address and leak sanitizers. They find nothing; but for the program that is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$(scripts/stage.sh)
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
build=.build-c/tools
mkdir -p $build
compile() { # output, package, source, options...
  local compiler=(gcc -std=gnu11)
  [ "${3##*.}" != cpp ] || compiler=(g++ -std=c++20)
  # shellcheck disable=SC2046 # words
  "${compiler[@]}" -O1 -g -Wall -Wextra -Werror "${@:4}" -o "$build/$1" "$3" $(pkg-config --cflags --libs "$2") -pthread \
    "-Wl,-rpath,$prefix/lib"
}
quiet() { # command...
  timeout 120 "$@" > "$build/output" 2>&1 || {
    echo "test-tools: not clean: $*" >&2
    head -60 "$build/output" >&2
    exit 1
  }
}
finds() { # what it says, command...
  ! timeout 120 "${@:2}" > "$build/output" 2>&1 && grep -q "$1" "$build/output" || {
    echo "test-tools: does not find the race: ${*:2}" >&2
    exit 1
  }
}
memcheck=(valgrind -q --leak-check=full --error-exitcode=9)
helgrind=(valgrind -q --tool=helgrind --error-exitcode=9)
drd=(valgrind -q --tool=drd --error-exitcode=9)
for package in tenon tenon-static; do
  for source in Tests/Tools/nouns.c Tests/Install/promise.c Tests/Install/client.cpp Tests/Install/futures.cpp; do
    name=$(basename "${source%.*}")
    compile "$name" $package "$source"
    quiet "${memcheck[@]}" "$build/$name"
    quiet "${helgrind[@]}" "$build/$name"
    quiet "${drd[@]}" "$build/$name"
    compile "$name-thread" $package "$source" -fsanitize=thread
    quiet "$build/$name-thread"
    compile "$name-address" $package "$source" -fsanitize=address,undefined
    quiet "$build/$name-address"
  done
  finds 'Possible data race' "${helgrind[@]}" $build/nouns race
  finds 'Conflicting' "${drd[@]}" $build/nouns race
  finds 'data race' $build/nouns-thread race
done
echo "test-tools: nothing found in what is right"
