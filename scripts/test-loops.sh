#!/usr/bin/env bash
# Each adapter under the conformance kit (tenon/adapter_check.h), on the loop that it is for.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product tenon
library=$(swift build -c release --show-bin-path)
build=.build-loops
mkdir -p $build
link=(-L"$library" -ltenon -Wl,-rpath,"$library" -pthread)
kit=(Sources/TenonAdapterCheck/*.c)
for source in "${kit[@]}"; do
  gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -Iinclude -c "$source" -o "$build/$(basename "$source" .c).o"
done
objects=()
for source in "${kit[@]}"; do objects+=("$build/$(basename "$source" .c).o"); done
failed=0
check() { # name, pkg-config's module, more sources
  # shellcheck disable=SC2046 # the flags are words
  gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -Iinclude -o "$build/$1" "Tests/Loops/$1.c" "${@:3}" "${objects[@]}" \
    $(pkg-config --cflags --libs "$2") "${link[@]}"
  "$build/$1" || failed=1
}
check uv libuv Sources/TenonUVLoop/uv.c
exit $failed
