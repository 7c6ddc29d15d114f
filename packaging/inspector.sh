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
exec 9>"$where/lock" # one at a time, as others may want it as well
flock 9
if [ ! -x "$program" ] || [ -n "$(find "$sources" "$root"/Sources/{CTrace,CTenonRoot,CTerminal} -newer "$program" -print -quit)" ]; then
  mapfile -t files < <(find "$sources" -name '*.swift' ! -path '*/Inside/*' | sort)
  # What the object is called is part of what comes out, so it has the same name each time.
  new=$(mktemp -d "$where/new.XXXXXX")
  cd "$new"
  swiftc -O -wmo -swift-version 6 -warnings-as-errors -static-stdlib -module-name TenonInspector -I "$root/Sources/CTrace" \
    -I "$root/Sources/CTenonRoot" -I "$root/Sources/CTerminal" -file-prefix-map "$root=." "${files[@]}" -c -o tenon.o >&2
  swiftc -static-stdlib -Xlinker --gc-sections -Xlinker -s tenon.o -o tenon >&2
  rm tenon.o
  mv tenon "$program"
  rmdir "$new"
fi
echo "$program"
