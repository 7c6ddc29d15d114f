#!/usr/bin/env bash
# Builds the installed libraries twice, from nothing, and compares them to the bit.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for build in first second; do
  rm -rf .build-install .build-inspect/tenon
  env -u DESTDIR -u LIBDIR PREFIX="$work/$build" packaging/install.sh
done
diff -r "$work/first" "$work/second"
echo "check-reproducible: two builds are the same"
