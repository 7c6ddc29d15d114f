#!/usr/bin/env bash
# Checks what a built library exports: check-abi.sh path/to/libtenon.so (or libtenon_uv.so)
#
#   what the headers declare = what the library exports, all of it as TENON_1,
#   and everything that a release promised (*.symbols) is still there.
#
# A line is added to *.symbols with the release that brings the function. Taking one away breaks
# programs: it needs another SONAME.
set -euo pipefail

library=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
include=$here/../include
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $(basename "$library") in
  libtenon_*) # an adapter: one header, which tenon.h does not include
    noun=$(basename "$library" | sed 's/libtenon_\([a-z0-9]*\).*/\1/')
    "$here/declared.sh" "$include/tenon/$noun.h" "$include/tenon/$noun.h" -- "-I$include" \
      >"$work/declared"
    promised=$here/tenon_$noun.symbols ;;
  *)
    "$here/declared.sh" "$include/tenon" "$include/tenon/tenon.h" -- "-I$include" >"$work/declared"
    promised=$here/tenon.symbols ;;
esac

# The version itself is an absolute symbol. Lower-case kinds are local, whatever the table says.
nm --dynamic --defined-only --with-symbol-versions "$library" |
  awk '$2 ~ /[A-Z]/ && $2 != "A" { print $3 }' | LC_ALL=C sort -u >"$work/versioned"
sed 's/@.*//' "$work/versioned" >"$work/exported"

failed=0
complain() { # WHAT, then names on standard input
  local name
  while read -r name; do
    echo "$(basename "$library"): $1: $name" >&2
    failed=1
  done
}
complain "declared, not exported" < <(LC_ALL=C comm -23 "$work/declared" "$work/exported")
complain "exported, not declared" < <(LC_ALL=C comm -13 "$work/declared" "$work/exported")
complain "promised, not exported" < <(LC_ALL=C comm -23 "$promised" "$work/exported")
complain "not of version TENON_1" < <(grep -v '@@TENON_1$' "$work/versioned" || true)
LC_ALL=C sort --check=quiet --unique "$promised" ||
  complain "has its names unsorted or twice" <<<"$(basename "$promised")"
[ -s "$work/declared" ] || complain "no functions found in the headers" <<<"$include"
exit $failed
