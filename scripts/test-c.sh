#!/usr/bin/env bash
# The suites in C, against the public headers alone: the contract, and the libuv adapter on real loops.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product tenon
library=$(swift build -c release --show-bin-path)
build=.build-c
mkdir -p $build
compile() { # output; then sources and options
  gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -Iinclude -o "$build/$1" "${@:2}" \
    -L"$library" -ltenon -Wl,-rpath,"$library" -lpthread
}
compile conformance -ITests/Conformance -ITests/Conformance/include Tests/Conformance/*.c \
  Tests/Conformance/runner/main.c
TENON_TEST_LIGHT=1 timeout 600 $build/conformance
# shellcheck disable=SC2046
compile uv -ITests/UV -ITests/UV/include Sources/TenonUVLoop/uv.c Tests/UV/*.c \
  Tests/UV/runner/main.c $(pkg-config --cflags --libs libuv)
TENON_TEST_LIGHT=1 timeout 600 $build/uv
