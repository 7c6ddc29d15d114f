#!/usr/bin/env bash
# Prints where the toolchain has the shared libraries of Swift's runtime, Dispatch among them: for C that is linked by hand.
set -euo pipefail
swift -print-target-info | sed -nE 's|.*"(/[^"]*/swift/linux)".*|\1|p' | sed -n 1p
