#!/usr/bin/env bash
# Swift by swift-format, C and C++ by clang-format; --fix formats instead.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' '*.h' '*.cpp' '*.hpp')
if [ "${1:-}" = --fix ]; then
  clang-format -i "${sources[@]}"
else
  clang-format --dry-run --Werror "${sources[@]}"
  swift format lint --strict --recursive --configuration .swift-format Package.swift Sources Tests \
    examples-c bench/channels/Sources bench/channels/Package.swift bench/swift/Sources bench/swift/Package.swift \
    bench/export/Sources bench/export/Package.swift \
    examples-node examples-export/Package.swift examples-export/Sources examples-export/by-hand examples-middleware
fi
echo "check-format: all files are formatted"
