#!/usr/bin/env bash
# Random programs over the C API, by number: the same ones each time. One that fails is made small, printed, and left in
# .build-c/failure.fuzz, for `.build-c/fuzz run`.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build -c release --product tenon
library=$(swift build -c release --show-bin-path)
mkdir -p .build-c
gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -Iinclude -o .build-c/fuzz Tests/Fuzz/*.c -L"$library" -ltenon \
  -Wl,-rpath,"$library" -lpthread
cd .build-c
export SWIFT_BACKTRACE=enable=no
./fuzz seeds 1 "${1:-1000000}" "${2:-75}"
./fuzz threads 1 "${1:-50000}" "${2:-30}"
