#!/usr/bin/env bash
# The core and the Swift authors' face, in Swift; then what is decided once for each process, in one of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
swift build --build-tests
built=$(swift build --show-bin-path)
scripts/swift-tests.sh 600 "$built" --testing-library swift-testing
for program in owned-mode owned-runtime owned-pool sole-loop library-mode isolation cpp-and-swift; do
  timeout 120 "$built/$program"
done
