#!/usr/bin/env bash
# The C++ headers and their tests, which instantiate them, by clang-tidy's checks for bugs, speed and concurrency.
set -euo pipefail
cd "$(dirname "$0")/.."
# Asio is large, and main.cpp is doctest's.
mapfile -t files < <(ls include/tenon/tenon.hpp Tests/CPP/*_test.cpp | grep -v asio_test)
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -I {} clang-tidy --quiet {} -- -x c++ -std=c++20 -Iinclude \
  2> >(grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter' >&2)
echo "check-tidy: ${#files[@]} files are clean"
