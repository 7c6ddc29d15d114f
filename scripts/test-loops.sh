#!/usr/bin/env bash
# Each adapter under the conformance kit (tenon/adapter_check.h), on the loop that it is for, with the address sanitizer.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product tenon
library=$(swift build -c release --show-bin-path)
build=.build-loops
mkdir -p $build
options=(-std=gnu11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra -Werror -Iinclude)
link=(-L"$library" -ltenon -Wl,-rpath,"$library" -pthread)
kit=(Sources/TenonAdapterCheck/*.c)
for source in "${kit[@]}"; do
  gcc "${options[@]}" -fno-sanitize=undefined -c "$source" -o "$build/$(basename "$source" .c).o"
done
objects=()
for source in "${kit[@]}"; do objects+=("$build/$(basename "$source" .c).o"); done
failed=0
check() { # name, pkg-config's module, more sources and libraries
  # shellcheck disable=SC2046 # the flags are words
  gcc "${options[@]}" -o "$build/$1" "Tests/Loops/$1.c" "${@:3}" "${objects[@]}" \
    $([ -z "$2" ] || pkg-config --cflags --libs "$2") "${link[@]}"
  timeout 300 "$build/$1" || failed=1
}
check_plus() { # program, source, options...
  g++ -std=c++20 -O0 -g1 -fsanitize=address -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iinclude \
    -o "$build/$1" "Tests/Loops/$2" "${objects[@]}" "${@:3}" "${link[@]}"
  timeout 300 "$build/$1" || failed=1
}
check uv libuv Sources/TenonUVLoop/uv.c
check glib gio-2.0
check event libevent_core
check ev '' -lev
check sd-event libsystemd
check epoll ''
check uring liburing
check_plus asio asio.cpp
check_plus asio-standalone asio.cpp -DASIO_STANDALONE
for version in 5 6; do
  # shellcheck disable=SC2046
  check_plus qt$version qt.cpp -fPIC $(pkg-config --cflags Qt${version}Core | sed 's/-I/-isystem /g') \
    $(pkg-config --libs Qt${version}Core)
done
# The main queue's, with the toolchain's Dispatch, which the library uses where it is not installed.
runtime=$(swift -print-target-info | sed -nE 's|.*"(/[^"]*/swift/linux)".*|\1|p' | head -1)
# shellcheck disable=SC2046
gcc "${options[@]}" -o $build/main-queue Tests/Loops/main-queue.c Sources/TenonUVLoop/uv.c \
  $(pkg-config --cflags --libs libuv) -L"$runtime" -ldispatch -Wl,-rpath,"$runtime" "${link[@]}"
timeout 150 $build/main-queue || failed=1
exit $failed
