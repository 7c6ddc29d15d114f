#!/usr/bin/env bash
# The Swift tests, and the C conformance cases in them.
set -euo pipefail
cd "$(dirname "$0")/.."
swift test --disable-xctest
