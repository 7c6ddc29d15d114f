#!/usr/bin/env bash
# One line for whoever has no Swift, or an old one.
version=$(swift --version 2> /dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' | sed -n 1p)
IFS=. read -r major minor <<< "${version:-0.0}"
if ((major * 100 + minor < 603)); then
  echo "Tenon needs Swift 6.3 or later (found: ${version:-none}): install it from https://swift.org/install" >&2
  exit 1
fi
