#!/usr/bin/env bash
# The suite in C++, with each compiler and standard library at hand, in the dialects that differ, plain and under the
# sanitizers; and the example that needs no Swift.
#   test-cpp.sh [all]
#
# Without `all` it is built for the address sanitizer alone, with the standard library that all have here, and no programs are linked of
# several parts.
#
# Sanitizers see the C++ side: headers and tests. The thread sanitizer leaves out what the library itself calls, and the cases
# that run against the standard library, whose promise hangs under it when a copy throws. libc++'s promise does not survive
# misuse, so they stay out there, too.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product tenon
library=$(swift build -c release --show-bin-path)
build=$PWD/.build-cpp
mkdir -p "$build"
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

# run NAME COMPILER OPTIONS...: compiles what has changed, and runs the suite.
run() {
  local name=$1 compiler=$2 source object objects=() options given headers own
  shift 2
  command -v "$compiler" > /dev/null || return 0
  mkdir -p "$build/$name"
  options=("${warnings[@]}" -Iinclude)
  [ "$compiler" = g++ ] || options+=(-Wno-shadow) # clang's finds captures of their own name, too
  given=()
  for source in Tests/CPP/*.cpp; do
    [ "$source" != Tests/CPP/without_exceptions.cpp ] || continue
    object=$build/$name/$(basename "$source" .cpp).o
    objects+=("$object")
    # The headers matter to all but main.cpp.
    if [ "$source" = Tests/CPP/main.cpp ]; then
      [ "$object" -nt "$source" ] && continue
    elif [ -f "$object" ] && [ -z "$(find include Tests/CPP -newer "$object" -type f)" ]; then
      continue
    fi
    if [ ${#given[@]} = 0 ]; then # what all of them include is read once
      given=(-include "$build/$name/support.hpp")
      headers=$build/$name/support.hpp.gch
      if [ "$compiler" != g++ ]; then
        headers=$build/$name/support.pch
        given=(-include-pch "$headers")
      fi
      "$compiler" "$@" "${options[@]}" -x c++-header Tests/CPP/support.hpp -o "$headers"
    fi
    # As many at a time as there are processors.
    while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n; done
    case $source in
      */asio_test.cpp) own=(-O0 -fno-sanitize=undefined) ;; # large: optimised, it takes as long as all the others
      */main.cpp) own=() ;;
      *) own=("${given[@]}") ;;
    esac
    "$compiler" "$@" "${options[@]}" "${own[@]}" -c "$source" -o "$object" &
  done
  while (($(jobs -p | wc -l) > 0)); do wait -n; done
  "$compiler" "$@" "${objects[@]}" -o "$build/$name/suite" -L"$library" -ltenon \
    -Wl,-rpath,"$library" -pthread
  echo "# $name"
  TSAN_OPTIONS=ignore_noninstrumented_modules=1 timeout 300 "$build/$name/suite" --minimal "${cases[@]}"
}

cases=()
run g++17 g++ -std=c++17 -O1
run g++20-address g++ -std=c++20 -O0 -g1 -fsanitize=address
run clang++23 clang++ -std=c++23 -O0
if [ "${1:-}" = all ]; then
  run g++17-optimized g++ -std=c++17 -O2
  run g++20-undefined g++ -std=c++20 -O0 -g1 -fsanitize=undefined -fno-sanitize-recover=all
  cases=("--test-case-exclude=*<standard>*")
  run g++20-threads g++ -std=c++20 -O0 -g1 -fsanitize=thread
  cases=("--test-case-exclude=*<standard>*,*random program*")
  run clang++20-libc++ clang++ -std=c++20 -O0 -stdlib=libc++
fi

# Awaitable I/O on libuv.
run_uv() { # NAME OPTIONS...
  local name=$build/uv-$1 source
  shift
  mkdir -p "$name"
  for source in Tests/CPP/uv/*.cpp Tests/CPP/main.cpp; do
    while (($(jobs -rp | wc -l) >= $(nproc))); do wait -n; done
    g++ -std=c++20 -O0 -g1 "$@" "${warnings[@]}" -Iinclude -c "$source" -o "$name/$(basename "$source" .cpp).o" &
  done
  while (($(jobs -p | wc -l) > 0)); do wait -n; done
  gcc -std=gnu11 -O1 -g1 "$@" -Iinclude -c Sources/TenonUVLoop/uv.c -o "$name/uv.o"
  g++ "$@" "$name"/*.o -o "$name/suite" -L"$library" -ltenon -Wl,-rpath,"$library" -luv -pthread
  echo "# $(basename "$name")"
  TSAN_OPTIONS=ignore_noninstrumented_modules=1 timeout 300 "$name/suite" --minimal
}
run_uv sanitized -fsanitize=address,undefined -fno-sanitize-recover=all
[ "${1:-}" != all ] || run_uv threads -fsanitize=thread

[ "${1:-}" != all ] || scripts/test-cpp-linking.sh

g++ -std=c++17 -O2 -fno-exceptions -fno-rtti "${warnings[@]}" -Iinclude \
  Tests/CPP/without_exceptions.cpp -o "$build/without_exceptions" -L"$library" -ltenon \
  -Wl,-rpath,"$library" -pthread
"$build/without_exceptions" > /dev/null

g++ -std=c++20 -O1 -g -fsanitize=address "${warnings[@]}" -Iinclude examples-cpp/database/*.cpp \
  -o "$build/database" -L"$library" -ltenon -Wl,-rpath,"$library" -lsqlite3 -pthread
timeout 60 "$build/database" | diff examples-cpp/database/output.txt -
echo "test-cpp: all passed"
