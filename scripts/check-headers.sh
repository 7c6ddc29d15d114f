#!/usr/bin/env bash
# Compiles each public header alone, in every dialect, with each compiler at hand, warnings being errors.
set -euo pipefail
cd "$(dirname "$0")/.."
strict=(-Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only)
combinations=0
check() { # compiler language standard header
  echo "#include <tenon/$4>" | "$1" -std="$3" "${strict[@]}" -x "$2" - || {
    echo "check-headers: tenon/$4 fails as $3 with $1" >&2
    exit 1
  }
  combinations=$((combinations + 1))
}
for path in include/tenon/*.h; do
  header=$(basename "$path")
  for compiler in gcc clang; do
    command -v $compiler > /dev/null || continue
    plus=clang++
    [ $compiler = gcc ] && plus=g++
    # <uv.h> itself needs POSIX declarations, which the strict dialects hide.
    dialects="c99 c11 c17 c2x"
    [ "$header" = uv.h ] && dialects="gnu99 gnu11 gnu17 gnu2x"
    for standard in $dialects; do check $compiler c $standard "$header"; done
    for standard in c++11 c++14 c++17 c++20 c++23; do
      check "$plus" c++ $standard "$header"
    done
  done
done
echo "check-headers: $combinations combinations compile without a warning"
