#!/usr/bin/env bash
# Each adapter under the conformance kit (tenon/adapter_check.h), on the loop that it is for, with the address sanitizer; the kit on
# adapters with faults; Dispatch's main queue on loops; and an example that does something real.
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
check broken '' # the kit itself
check uring liburing
check_plus asio asio.cpp
check_plus asio-standalone asio.cpp -DASIO_STANDALONE
g++ -std=c++20 -O1 -g -fsanitize=thread -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-tsan -Iinclude -DASIO_STANDALONE \
  -o $build/asio-threads Tests/Loops/asio_threads.cpp "${link[@]}"
timeout 300 $build/asio-threads || failed=1
for version in 5 6; do
  # shellcheck disable=SC2046
  check_plus qt$version qt.cpp -fPIC $(pkg-config --cflags Qt${version}Core | sed 's/-I/-isystem /g') \
    $(pkg-config --libs Qt${version}Core)
done
# The main queue's, with the toolchain's Dispatch, which the library uses where it is not installed.
runtime=$(scripts/swift-runtime.sh)
# shellcheck disable=SC2046
gcc "${options[@]}" -o $build/main-queue Tests/Loops/main-queue.c Sources/TenonUVLoop/uv.c \
  $(pkg-config --cflags --libs libuv) -L"$runtime" -ldispatch -Wl,-rpath,"$runtime" "${link[@]}"
timeout 150 $build/main-queue || failed=1
# Dispatch's headers are for clang, whose sanitizers need not be where Swift's is.
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
"$clang" -std=gnu11 -O1 -g -Wall -Wextra -Werror -Iinclude -isystem "$(dirname "$runtime")" -o $build/dispatch \
  Tests/Loops/dispatch.c -L"$runtime" -ldispatch -lBlocksRuntime -Wl,-rpath,"$runtime" "${link[@]}"
timeout 150 $build/dispatch || failed=1

# The client of examples-cpp/fetch: 200 files; a server that does not answer; Ctrl-C.
gcc "${options[@]}" -c Sources/TenonUVLoop/uv.c -o $build/uv-loop.o
g++ -std=c++20 -O0 -g1 -fsanitize=address,undefined -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iinclude \
  examples-cpp/fetch/fetch.cpp $build/uv-loop.o -o $build/fetch "${link[@]}" -luv
mkdir -p $build/files
for file in {0..199}; do echo "file $file" > $build/files/$file; done
serve() { # command: in the background, until this ends; its port
  coproc server { exec "$@" 2>&1; } # exec: what is stopped is the server, and not a shell before it
  local line
  read -r line <&"${server[0]}"
  port=$(sed -nE 's/.*port ([0-9]+).*/\1/p' <<<"$line")
}
stop_server() { kill "$server_PID" && { wait "$server_PID" 2> /dev/null || true; }; }
expect_output() { # what fetch is to print, of what it prints
  [ "$1" = "$2" ] || { echo "fetch: not so: $1, and it is: $2" >&2 && failed=1; }
}
serve python3 -u -m http.server 0 --bind 127.0.0.1 --directory $build/files
expect_output "200 files, 1690 bytes, 1 failed" "$(timeout 60 $build/fetch "$port" 201 60 2> /dev/null)"
stop_server
serve python3 -u -c 'import socket, time
server = socket.create_server(("127.0.0.1", 0), backlog=64)
print("port", server.getsockname()[1])
time.sleep(600)'
expect_output "0 files, 0 bytes, 16 failed" "$(timeout 60 $build/fetch "$port" 16 1 2> /dev/null)"
$build/fetch "$port" 1000000 1 > $build/fetch.out 2> $build/fetch.err &
client=$!
until grep -q time $build/fetch.err; do sleep 0.05; done # it runs
kill -INT $client
wait $client || failed=1
expect_output "0 files, 0 bytes," "$(cut -d' ' -f1-4 $build/fetch.out)"
stop_server
exit $failed
