#!/usr/bin/env bash
# Every example in the documentation, compiled and run against an installed Tenon.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$PWD/.build-docs/prefix
PREFIX=$prefix DESTDIR= packaging/install.sh > /dev/null
scripts/check-docs.sh "$prefix"
