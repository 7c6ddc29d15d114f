#!/usr/bin/env bash
# (f) How many bytes a library grows by for each exported function: 64 of a form with @Export, less the same 64 without. Makes a
# program in BUILD that reports them as the others do; tenon-bindgen and an optimized Tenon have to be there.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
build=${BUILD:-$root/.build-bench}
count=64
swift build -c release --product tenon
swift build -c release --target TenonExport
library=$(swift build -c release --show-bin-path)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
maps=()
for map in "$root"/include/module.modulemap "$root"/Sources/C*/{,include/}module.modulemap "$library"/C*.build/module.modulemap; do
  if [ -f "$map" ]; then maps+=(-Xcc "-fmodule-map-file=$map"); fi
done

# Of a form: what function number N is like.
numbers() { echo "func f$1(_ a: Int, _ b: Int) -> Int { a + b + $1 }"; }
text() { echo "func f$1(_ text: String) throws -> String { text + \"$1\" }"; }
record() { echo "func f$1(_ sample: Sample) -> Sample { Sample(name: \"$1\", values: sample.values) }"; }
later() { echo "func f$1(_ sample: Sample) async throws -> Sample { Sample(name: \"$1\", values: sample.values) }"; }
forms=(numbers text record later)

# Each library has the functions of all forms, and one of each exported, so that what they share is there; the others are exported
# of one form, or of none.
bytes() { # form, or none
  local form number attribute place=$work/$1
  mkdir -p "$place"
  {
    echo "import Tenon"
    echo "@Export public struct Sample: Sendable { public var name: String; public var values: [Double] }"
    for form in "${forms[@]}"; do
      echo "@Export public $("$form" 0)" | sed "s/func f/func ${form}_shared/"
      attribute=
      if [ "$form" = "$1" ]; then attribute="@Export "; fi
      for ((number = 1; number <= count; number++)); do
        echo "${attribute}public $("$form" "$number")" | sed "s/func f/func ${form}_/"
      done
    done
  } > "$place/functions.swift"
  packaging/bindgen.sh "$work" --library sizes --module Sizes --thunks "$place/thunks.swift" "$place/functions.swift"
  swiftc -O -wmo -swift-version 6 -parse-as-library -module-name Sizes -I "$library/Modules" -Xcc "-I$root/include" "${maps[@]}" \
    "$place"/*.swift "$library"/TenonExport.build/*.o -emit-library -o "$place/sizes.so" -L "$library" -ltenon
  strip "$place/sizes.so"
  size "$place/sizes.so" | awk 'NR == 2 { print $1 + $2 }'
}

none=$(bytes none)
program=$build/export-size
{
  echo '#!/bin/sh'
  echo 'case $1 in'
  for form in "${forms[@]}"; do
    each=$((($(bytes "$form") - none) / count))
    echo "$form) echo '{\"workload\": \"export-size\", \"subject\": \"$form\", \"value\": $each}' ;;"
  done
  echo 'esac'
} > "$program.new"
chmod +x "$program.new"
mv "$program.new" "$program"
