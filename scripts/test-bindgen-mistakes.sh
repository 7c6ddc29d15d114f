#!/usr/bin/env bash
# What tenon-bindgen says of mistakes: Tests/Bindgen/mistakes.txt and breaking.txt, each at its line. WHERE has the tool.
set -euo pipefail
cd "$(dirname "$0")/.."
where=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
count=0
fail() {
  echo "test-bindgen-mistakes: $*" >&2
  failed=1
}

# Each line with //! gets exactly one error, which says that, and no other line gets one.
awk -v work="$work" '/^--- / { file = sprintf("%s/%03d.swift", work, ++n); print "// " substr($0, 5) > file; next }
  file { print > file }' Tests/Bindgen/mistakes.txt
for file in "$work"/*.swift; do
  name=$(sed -n '1s|^// ||p' "$file")
  packaging/bindgen.sh "$where" --library test --module Test --check "$file" > "$work/out" 2>&1 && fail "$name: no mistake is found"
  while IFS=: read -r line expected; do
    expected=$(sed 's|.*//! *||' <<< "$expected")
    found=$(grep -E "^$file:$line:[0-9]+: error: " "$work/out" || true)
    if [ "$(grep -c . <<< "$found")" != 1 ] || ! grep -qF -- "$expected" <<< "$found"; then
      fail "$name, line $line: not \"$expected\" but: $(cat "$work/out")"
    fi
    count=$((count + 1))
  done < <(grep -n '//!' "$file")
  [ "$(grep -c ': error: ' "$work/out")" = "$(grep -c '//!' "$file")" ] || fail "$name: more is said: $(cat "$work/out")"
done

# What breaks a release.
one=Tests/Bindgen/versions/one.swift
lock=$work/versions.lock.json
packaging/bindgen.sh "$where" --library versions --module Versions --version 1.0.0 --lock "$lock" --release "$one"
packaging/bindgen.sh "$where" --library versions --module Versions --lock "$lock" --check "$one" ||
  fail "the release itself is refused"
grep '^--- ' Tests/Bindgen/breaking.txt > "$work/breaking"
while IFS= read -r case; do
  case=${case#--- }
  edit=${case%% :: *}
  rest=${case#* :: }
  line=${rest%% :: *}
  expected=${rest#* :: }
  file=$work/changed.swift
  sed "$edit" "$one" > "$file"
  cmp -s "$one" "$file" && fail "this changes nothing: $edit"
  packaging/bindgen.sh "$where" --library versions --module Versions --version 1.1.0 --lock "$lock" --check "$file" \
    > "$work/out" 2>&1 && fail "accepted: $edit"
  grep -E "^$file:$line:[0-9]+: error: " "$work/out" | grep -F -- "$expected" >/dev/null ||
    fail "$edit: not \"$expected\" at line $line but: $(cat "$work/out")"
  count=$((count + 1))
done < "$work/breaking"
[ $failed = 0 ] && echo "test-bindgen-mistakes: $count mistakes are found where they are"
exit $failed
