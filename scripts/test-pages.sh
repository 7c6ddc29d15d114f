#!/usr/bin/env bash
# The page that `tenon flame` makes, in a real browser: Chromium, which it installs.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v chromium > /dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || { echo "install chromium first" >&2; exit 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null
fi
tenon=$(packaging/inspector.sh .build-inspect)
swift build -c release --product busy
timeout 300 Tests/Inspect/busy.py page "$tenon" "$(swift build -c release --show-bin-path)/busy"
