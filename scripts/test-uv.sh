#!/usr/bin/env bash
# The libuv adapter on real loops, in C.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product tenon
build=.build-uv
mkdir -p $build
library=$(swift build -c release --show-bin-path)
gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -Iinclude -ITests/UV -ITests/UV/include \
  Sources/TenonUVLoop/uv.c Tests/UV/*.c Tests/UV/runner/main.c -o $build/runner \
  -L"$library" -ltenon -Wl,-rpath,"$library" $(pkg-config --cflags --libs libuv) -lpthread
TENON_TEST_LIGHT=1 $build/runner
