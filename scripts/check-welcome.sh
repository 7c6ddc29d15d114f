#!/usr/bin/env bash
# What people meet first: `make help`, the line that says that Swift is missing, README.md, CHANGELOG.md, the links.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
expect() { # what, condition...
  local what=$1
  shift
  "$@" || {
    echo "check-welcome: not so: $what" >&2
    failed=1
  }
}

# --- Without Swift, or with an old one: one line, which says what to install; and silence otherwise.
for tool in bash sed head make; do ln -s "$(command -v $tool)" "$work/$tool"; done
with_swift() { # version or "none", command...: on a PATH with that and no other Swift
  local version=$1
  shift
  rm -f "$work/swift"
  if [ "$version" != none ]; then
    printf '#!/bin/bash\necho "Swift version %s (swift-%s-RELEASE)"\n' "$version" "$version" > "$work/swift"
    chmod +x "$work/swift"
  fi
  PATH=$work "$@"
}
refuses() { # version
  ! with_swift "$1" scripts/check-swift.sh > "$work/out" 2> "$work/err" && [ ! -s "$work/out" ] &&
    [ "$(wc -l < "$work/err")" = 1 ] && grep -q "Swift 6\.3 or later (found: $2).*https://swift\.org" "$work/err"
}
accepts() { with_swift "$1" scripts/check-swift.sh > "$work/out" 2>&1 && [ ! -s "$work/out" ]; }
make_says_so() {
  local target
  for target in build test demo demo-cpp bench; do
    ! MAKEFLAGS='' with_swift none make --no-print-directory "$target" > "$work/out" 2> "$work/err" || return 1
    [ ! -s "$work/out" ] && [ "$(grep -cv '^make' "$work/err")" = 1 ] && grep -q 'found: none' "$work/err" || return 1
  done
}
expect "without Swift one line says so" refuses none none
expect "Swift 5.10 is too old" refuses 5.10 5.10
expect "Swift 6.2.3 is too old" refuses 6.2.3 6.2
for version in 6.3 6.3.1 6.10 7.0; do expect "Swift $version will do" accepts "$version"; done
expect "make says so before it does anything" make_says_so

# --- make help
MAKEFLAGS='' make --no-print-directory help > "$work/help"
for target in help build test check format demo demo-cpp bench install bundle clean; do
  expect "make help lists $target" grep -qE "^$target +[a-z]" "$work/help"
done

# --- README.md: five lines, fifteen lines of C (check-docs.sh builds and runs them), two commands, install, links
awk '/^$/ { if (seen) exit; next } !/^#/ { seen = 1; lines++ } END { exit lines > 5 }' README.md ||
  expect "README.md says in five lines what it is" false
awk '/^```c$/ { inside = 1; next } /^```$/ { exit lines > 15 } inside && NF { lines++ }' README.md ||
  expect "README.md begins with at most 15 lines of C" false
in_order() { # patterns, each of which must come after the one before
  local line=0 next pattern
  for pattern; do
    next=$(grep -nE "$pattern" README.md | cut -d: -f1 | awk -v line="$line" '$1 > line' | sed -n 1p)
    [ -n "$next" ] || return 1
    line=$next
  done
}
expect "README.md goes from the example to the commands, install, links" \
  in_order '^```c$' '^    make demo' '^    make test' '^## Install' '^## Read on'
while IFS=: read -r file target; do
  expect "$file links to a file: $target" [ -e "$(dirname "$file")/${target%%#*}" ]
done < <(git ls-files -co --exclude-standard '*.md' | xargs grep -oHE '\]\([^)#: ]+[^): ]*\)' |
  sed -E 's/:\]\(/:/; s/\)$//')

# --- CHANGELOG.md
for header in node.h uv.h tenon.h; do
  where=include/tenon
  [ $header = tenon.h ] || where=include/tenon/$header
  packaging/declared.sh $where include/tenon/$header -- -Iinclude
done | sort -u - packaging/*.symbols > "$work/symbols"
while read -r symbol; do
  expect "CHANGELOG.md names $symbol" grep -qF "\`$symbol\`" CHANGELOG.md
  # Yes or no, once: the rows of the table.
  expect "docs/guide/signals.md says whether a handler may call $symbol" \
    [ "$(grep '^|' docs/guide/signals.md | grep -oF "\`$symbol\`" | wc -l)" = 1 ]
done < "$work/symbols"
sed -n 's/^| `\(tenon_[a-z_]*\)` .*/\1/p' docs/guide/signals.md | sort > "$work/safe"
for header in include/tenon/*.h; do
  awk '/^ \* Signals: / { safe = 1 } safe && match($0, /^TENON_API .*tenon_[a-z_]+\(/) {
    name = substr($0, 1, RLENGTH - 1); sub(/.*[ *]/, "", name); print name; safe = 0 }' "$header"
done | sort > "$work/marked"
expect "those that docs/guide/signals.md allows have a line Signals: in their headers" cmp -s "$work/safe" "$work/marked"

[ $failed = 0 ] && echo "check-welcome: help, README, CHANGELOG with $(wc -l < "$work/symbols") functions, links"
exit $failed
