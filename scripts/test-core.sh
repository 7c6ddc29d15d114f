#!/usr/bin/env bash
# The core and the Swift authors' face, in Swift; then what is decided once for each process, in one of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build --build-tests
# Others may build here meanwhile.
timeout 900 swift test --disable-xctest --skip-build --ignore-lock
# What a package of operators on sequences makes of streams: in a package of its own, so that Tenon depends on nothing.
timeout 300 swift test --disable-xctest --package-path Tests/AsyncAlgorithms --scratch-path .build-operators
for program in owned-mode owned-runtime owned-pool sole-loop library-mode cpp-and-swift; do
  timeout 120 "$(swift build --show-bin-path)/$program"
done
