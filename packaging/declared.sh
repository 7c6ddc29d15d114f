#!/usr/bin/env bash
# Prints the names of the functions that C headers declare, one a line, sorted.
#
#   declared.sh WHERE HEADER... [-- COMPILER-FLAG...]
#
# Includes each HEADER, and lists what is declared in files whose path starts with WHERE. The
# preprocessor does what it is good at (macros, conditions); what is left is plain enough for awk:
# at the top level, no typedef, assertion or body, and a name before a parenthesis.
set -euo pipefail

where=$(realpath "$1")
shift
headers=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do headers+=("$(realpath "$1")"); shift; done
[ $# -eq 0 ] || shift
flags=()
for flag in "$@"; do # the preprocessor then names files as WHERE does
  case $flag in -I*) flag=-I$(realpath -m "${flag#-I}") ;; esac
  flags+=("$flag")
done

preprocessed=$(printf '#include "%s"\n' "${headers[@]}" |
  "${CC:-cc}" -E -x c "${flags[@]}" -)

awk -v where="$where" '
  /^# [0-9]+ "/ { split($0, part, "\""); ours = index(part[2], where) == 1; next }
  /^#/ { next }
  ours { text = text " " $0 }
  END {
    gsub(/"([^"\\]|\\.)*"/, "\"\"", text)
    gsub(/__attribute__ *\(\([^()]*(\([^()]*\)[^()]*)*\)\)/, "", text)
    for (i = 1; i <= length(text); i++) {
      c = substr(text, i, 1)
      if (c == "{") { depth++; continue }
      if (c == "}") {
        # A body ends its function; a struct goes on to its semicolon.
        if (--depth == 0 && statement ~ /\) *$/) statement = ""
        continue
      }
      if (depth > 0) continue
      if (c != ";") { statement = statement c; continue }
      if (statement !~ /^ *(typedef|static|_Static_assert|static_assert)[ (]/ &&
          match(statement, /[A-Za-z_][A-Za-z0-9_]* *\([^*]/)) {
        name = substr(statement, RSTART, RLENGTH - 2)
        sub(/ *$/, "", name)
        print name
      }
      statement = ""
    }
  }' <<<"$preprocessed" | LC_ALL=C sort -u
