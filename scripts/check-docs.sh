#!/usr/bin/env bash
# Builds and runs the C and C++ programs in README.md and docs/ against an installed Tenon.
#
#   check-docs.sh PREFIX
#
# A program is a ```c block after the comment <!-- example: NAME.c -->, or a ```cpp block after one of NAME.cpp. If a ```text block is the
# next thing after it, that is what the program must print.
set -euo pipefail

[ $# -eq 1 ] || {
  echo "usage: check-docs.sh PREFIX" >&2
  exit 2
}
prefix=$(realpath "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}

# Writes the programs, NAME.expected, and their files in order to `list`.
find README.md docs -name '*.md' -print0 | LC_ALL=C sort -z |
  xargs -0 awk -v work="$work" '
    function complain(what) { print FILENAME ":" FNR ": " what >"/dev/stderr"; bad = 1 }
    # 1: the marker was read; 2: in the program; 3: after it; 4: in its output
    FNR == 1 {
      if (state == 1 || state == 2 || state == 4) complain("an example in the file before has no end")
      state = 0
    }
    state == 2 || state == 4 {
      if ($0 == "```") { close(file); state = state == 2 ? 3 : 0 }
      else print >file
      next
    }
    /^<!-- example: [a-z0-9-]+\.c(pp)? -->$/ {
      if (state == 1) complain("two markers, and no program between them")
      program = $3
      name = language = program
      sub(/\..*$/, "", name)
      sub(/^.*\./, "", language)
      if (name in seen) complain("a second example " name)
      seen[name] = 1
      state = 1
      next
    }
    /^<!-- *example/ { complain("a marker that is not <!-- example: name.c --> or name.cpp") }
    /^ *$/ { next }
    state == 1 && $0 == "```" language {
      file = work "/" program
      printf "" >file
      print program " " FILENAME >(work "/list")
      state = 2
      next
    }
    state == 1 { complain("no ```" language " block after the marker of " program) }
    state == 3 && $0 == "```text" {
      file = work "/" name ".expected"
      printf "" >file
      state = 4
      next
    }
    { state = 0 }
    END {
      if (state == 1 || state == 2 || state == 4) complain("an example has no end")
      exit bad
    }'
[ -s "$work/list" ] || {
  echo "check-docs.sh: no examples" >&2
  exit 1
}

check() { # FILE: says why not, and fails
  local base=$work/${1%.*} modules=(tenon) loop status=0 compile=("${CC:-cc}" -std=c11) libraries=$prefix/lib
  if [ "${1##*.}" = cpp ]; then compile=("${CXX:-c++}" -std=c++20 -Wpedantic -Wconversion); fi
  if grep -q '<uv\.h>\|<tenon/uv\.h>' "$work/$1"; then modules+=(tenon-uv); fi
  # An adapter's header brings its module.
  for loop in $(sed -nE 's|^#include <tenon/(.*)\.hp?p?>|\1|p' "$work/$1" | tr _ -); do
    if [ "$loop" = qt ]; then loop=qt6 compile+=(-fPIC); fi
    if [ "$loop" = dispatch ]; then # its headers and its blocks are for the toolchain's compiler
      compile=("$clang" -std=c11 -fblocks -isystem "$(dirname "$runtime")" -L"$runtime") libraries+=:$runtime
    fi
    if [ -f "$prefix/lib/pkgconfig/tenon-$loop.pc" ]; then modules+=("tenon-$loop"); fi
  done
  # shellcheck disable=SC2046 # the flags are words
  "${compile[@]}" -Wall -Wextra -Werror -pthread -o "$base" "$work/$1" \
    $(pkg-config --cflags --libs "${modules[@]}") || return 1
  LD_LIBRARY_PATH=$libraries timeout 20 "$base" >"$base.printed" </dev/null || status=$?
  [ "$status" -eq 0 ] || {
    echo "exit status $status; it printed:"
    cat "$base.printed"
    return 1
  }
  [ ! -f "$base.expected" ] || diff -u --label documented --label printed \
    "$base.expected" "$base.printed"
}

runtime=$(scripts/swift-runtime.sh)
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
passed=0 failed=0
while read -r name file; do
  if check "$name" >"$work/log" 2>&1; then
    passed=$((passed + 1))
    echo "ok $name"
  else
    failed=$((failed + 1))
    echo "not ok $name ($file)"
    sed 's/^/  /' "$work/log"
  fi
done <"$work/list"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
