#!/usr/bin/env bash
# Builds tenon-bindgen with the parser that the toolchain ships, if its sources are newer than it is; then runs it.
#
#   bindgen.sh WHERE ARGUMENT...     WHERE: the folder that keeps the tool; SWIFTC: which compiler
#
# It is no target of the package: SwiftPM refuses the flags that it takes, and swift-syntax as a package would cost each
# author minutes.
set -euo pipefail
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/../Sources/TenonBindgen" && pwd)
where=$1
shift
tool=$where/tenon-bindgen
swiftc=${SWIFTC:-$(command -v swiftc)} || { echo "bindgen.sh: no swiftc on the PATH" >&2; exit 2; }
host=$(cd "$(dirname "$(readlink -f "$swiftc")")/../lib/swift/host" && pwd)
build() {
  local scratch=$where/tenon-bindgen.$$ files
  mapfile -t files < <(find "$sources" -name '*.swift' | sort)
  # Not optimised: that takes five times as long, and the parser is all that has much to do.
  "$swiftc" -Onone -wmo -swift-version 6 -module-name TenonBindgen -I "$host" -L "$host" -lSwiftSyntax -lSwiftParser \
    -lSwiftIfConfig -Xlinker -rpath -Xlinker "$host" "${files[@]}" -o "$scratch" >&2
  mv "$scratch" "$tool"
}
mkdir -p "$where"
if [ ! -x "$tool" ] || [ -n "$(find "$sources" -newer "$tool" -print -quit)" ]; then
  # Several targets of a package may ask at once.
  exec 9>"$where/tenon-bindgen.lock"
  flock 9
  if [ ! -x "$tool" ] || [ -n "$(find "$sources" -newer "$tool" -print -quit)" ]; then build; fi
  exec 9>&-
fi
exec "$tool" "$@"
