#!/usr/bin/env bash
# Checks that what programs were compiled with still fits: the types of all functions in C, and how the types in C++ lie
# in memory, against what is kept in packaging/*.abi.
#
#   check-types.sh          fails for whatever has changed, unless it was only added
#   check-types.sh --renew  keeps what is there now: with a release, or a change that was looked at
#
# The libraries are stripped. So it compiles stubs from the headers: a function for each that is declared.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(uname -m)" = x86_64 ] || exit 0 # of which the descriptions are
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What others declare is not Tenon's.
printf '%s\n' '[suppress_type]' 'source_location_not_regexp = .*include/tenon/.*' 'drop = true' > "$work/suppressions"
mkdir "$work/others"
echo 'typedef struct uv_loop_s uv_loop_t;' > "$work/others/uv.h"

stub_c() { # name, header
  echo "#include <tenon/$2>" | gcc -E -Iinclude -I"$work/others" -x c - |
    perl -0pe 's/(__attribute__\(\(visibility\("default"\)\)\)[^;{}]*\))\s*;/$1 { __builtin_trap(); }/g' > "$work/$1.c"
  gcc -std=gnu2x -w -g -fno-eliminate-unused-debug-types -fPIC -shared -Wl,-soname,"$1" -o "$work/$1" "$work/$1.c"
}
describe() { # name
  abidw --suppressions "$work/suppressions" --load-all-types --no-corpus-path --no-comp-dir-path --no-show-locs \
    --drop-undefined-syms --out-file "$work/$1.abi" "$work/$1"
}

stub_c tenon tenon.h
stub_c tenon_uv uv.h
stub_c tenon_inspect inspect.h
g++ -std=c++20 -w -g -fPIC -shared -Wl,-soname,tenon-cpp -Iinclude -o "$work/tenon-cpp" packaging/types.cpp -Wl,--unresolved-symbols=ignore-all

failed=0
for name in tenon tenon_uv tenon_inspect tenon-cpp; do
  describe $name
  if [ "${1:-}" = --renew ]; then
    cp "$work/$name.abi" packaging/$name.abi
    continue
  fi
  status=0
  abidiff --no-added-syms --non-reachable-types packaging/$name.abi "$work/$name.abi" > "$work/report" || status=$?
  # It could not compare them (bits 1 and 2, or 127), or something has changed or is gone.
  if ((status & 3)) || grep -E '^  \[[CD]\] ' "$work/report" > /dev/null; then
    cat "$work/report" >&2
    echo "check-types: packaging/$name.abi says otherwise: what programs were compiled with does not fit any more" >&2
    failed=1
  fi
done
((failed == 0)) || exit 1
echo "check-types: what programs were compiled with still fits"
