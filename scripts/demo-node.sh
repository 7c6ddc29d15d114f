#!/usr/bin/env bash
# Builds the Node example and runs it: PATTERN and DIR say what to look for, and where. Ctrl-C ends the search.
set -euo pipefail
cd "$(dirname "$0")/.."
npm --prefix examples-node/search run --silent build
exec node examples-node/search/demo.js "${PATTERN:-tenon_node_call}" "${DIR:-.}"
