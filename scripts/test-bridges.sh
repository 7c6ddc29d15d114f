#!/usr/bin/env bash
# bridges/: Tenon beside swift-log, swift-metrics, swift-distributed-tracing and swift-service-lifecycle, against those packages.
set -euo pipefail
cd "$(dirname "$0")/.."
options=(--package-path bridges --scratch-path "$PWD/.build-bridges")
swift build --build-tests "${options[@]}"
scripts/swift-tests.sh 300 "$(swift build --show-bin-path "${options[@]}")" --testing-library swift-testing
