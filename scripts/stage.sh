#!/usr/bin/env bash
# Installs Tenon into .build-prefix, for the tests of what users get, and prints where that is.
#
# Once for all parts of `make test`: with TENON_STAGED=1 what is there is used.
set -euo pipefail
cd "$(dirname "$0")/.."
prefix=$PWD/.build-prefix
if [ -z "${TENON_STAGED:-}" ] || [ ! -e "$prefix/lib/libtenon.so" ]; then
  rm -rf "$prefix"
  env -u DESTDIR -u LIBDIR PREFIX="$prefix" packaging/install.sh >&2
fi
echo "$prefix"
