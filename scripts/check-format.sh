#!/usr/bin/env bash
# Swift by swift-format, C and C++ by clang-format; --fix formats instead.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t sources < <(git ls-files -co --exclude-standard '*.c' '*.h' '*.cpp' '*.hpp')
swift=(Package.swift Plugins Sources Tests examples-c bench/{channels,swift,export}/{Package.swift,Sources}
  examples-node examples-export/Package.swift examples-export/Sources examples-export/by-hand examples-middleware
  bridges)
if [ "${1:-}" = --fix ]; then
  clang-format -i "${sources[@]}"
  swift format --in-place --recursive --configuration .swift-format "${swift[@]}"
else
  clang-format --dry-run --Werror "${sources[@]}"
  swift format lint --strict --recursive --configuration .swift-format "${swift[@]}"
fi
echo "check-format: all files are formatted"
