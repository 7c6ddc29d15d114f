#!/usr/bin/env bash
# Builds the program `tenon` if its sources are newer than it is, and prints its path:
#
#   inspector.sh WHERE     WHERE: the folder that keeps it
#
# It is no target of the package, because its name is the library's, and it brings its own runtime.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sources=$root/Sources/TenonInspector
mkdir -p "$1"
where=$(cd "$1" && pwd)
program=$where/tenon
if [ ! -x "$program" ] || [ -n "$(find "$sources" "$root"/Sources/{CTrace,CTenonRoot} -newer "$program" -print -quit)" ]; then
  cd "$root"
  mapfile -t files < <(find Sources/TenonInspector -name '*.swift' ! -path '*/Snapshot/*' | sort)
  swiftc -O -wmo -swift-version 6 -warnings-as-errors -static-stdlib -module-name TenonInspector -I Sources/CTrace -I Sources/CTenonRoot \
    -file-prefix-map "$root=." -Xlinker --gc-sections -Xlinker -s "${files[@]}" -o "$program.$$" >&2
  mv "$program.$$" "$program"
fi
echo "$program"
