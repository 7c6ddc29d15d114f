#!/usr/bin/env bash
# Builds a search example and runs it: PATTERN and DIR say what to look for, and where.
#   demo.sh [search | search-cpp]
set -euo pipefail
cd "$(dirname "$0")/.."
product=${1:-search}
swift build -c release --product "$product" 2>&1 | tail -1
status=0
"$(swift build -c release --show-bin-path)/$product" --stats "${PATTERN:-tenon_future_cancel}" "${DIR:-.}" ||
  status=$?
# As grep does, 1 says that nothing was found: no failure of the demo.
((status <= 1)) || exit $status
