#!/usr/bin/env bash
# The two laws of CONTRIBUTING.md: folders name only what is below them, and a noun has one row. And what adapters may name.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -B scripts/check-layers.py
failed=0
forbid() { # files... -- pattern
  local pattern=${*: -1}
  if grep -rnE "$pattern" "${@:1:$#-1}"; then
    echo "check-layers: ${*:1:$#-1} must not name: $pattern" >&2
    failed=1
  fi
}
# The ABI's functions are called from C only.
forbid Sources/Tenon/Core Sources/Tenon/API '^ *@c @implementation'
# The Node adapter is a client of the contract: its C names no Swift, and only its Swift face names Swift's types.
forbid Sources/TenonNodeLoop '#include <(swift|v8|node\.h|nan)'
forbid Sources/TenonNode '^(public )?import (CLibuv|TenonUV)'
exit $failed
