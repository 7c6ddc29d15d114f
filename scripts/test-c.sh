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
# Each function that a header declares, or a release promised, is among those that the tests misuse.
knows_all() { # program; what declared.sh takes: where, and the header; promised symbols
  diff <($build/"$1" --functions | LC_ALL=C sort) \
    <({ packaging/declared.sh "$2" "$3" -- -Iinclude && cat "$4"; } | LC_ALL=C sort -u) || {
    echo "test-c: the table of $1 (<) and the headers with *.symbols (>) name different functions" >&2
    exit 1
  }
}
compile conformance -ITests/Conformance -ITests/Conformance/include Tests/Conformance/*.c \
  Tests/Conformance/runner/main.c
knows_all conformance include/tenon include/tenon/tenon.h packaging/tenon.symbols
TENON_TEST_LIGHT=1 timeout 600 $build/conformance
# shellcheck disable=SC2046
compile uv -ITests/UV -ITests/UV/include Sources/TenonUVLoop/uv.c Tests/UV/*.c \
  Tests/UV/runner/main.c $(pkg-config --cflags --libs libuv)
knows_all uv include/tenon/uv.h include/tenon/uv.h packaging/tenon_uv.symbols
TENON_TEST_LIGHT=1 timeout 600 $build/uv
