#!/usr/bin/env bash
# Prints `workload instructions-per-operation` for Tenon's own subjects, counted by callgrind.
#   --check   fails if one takes over 10 % more than instructions.json says
#   --update  writes instructions.json
set -euo pipefail
cd "$(dirname "$0")/.."
unset MAKEFLAGS MAKELEVEL
export BUILD=${BUILD:-$PWD/.build-bench}
export TENON_PREFIX=${TENON_PREFIX:-$BUILD/prefix}

mkdir -p "$BUILD"
if ! make -j2 -C bench counted > "$BUILD/build.log" 2>&1; then
  tail -30 "$BUILD/build.log" >&2
  echo "instructions: the build failed; all of it is in $BUILD/build.log" >&2
  exit 1
fi
exec python3 -B bench/run.py --instructions "$@"
