#!/usr/bin/env bash
# Makes the package tenon-inspect for Node: `tenon ps` and `tenon why` from inside. Usually called as
#
#   make node-inspect DEST=path/to/folder
#
#   DEST     where the package goes; `npm install path/to/folder`
#   LIBRARY  a libtenon_inspect.so that there is, instead of a new one
#   NODE_HEADERS      as for `make addon`
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$packaging/.."
[ -n "${DEST:-}" ] || die "set DEST"
mkdir -p "$DEST"
headers=$(node_headers)
"${CC:-cc}" -std=gnu11 -O2 -fPIC -shared -Wall -Wextra -Werror -Iinclude -I"$headers" \
  -o "$DEST/inspect.node" "$packaging/node-inspect/inspect.c" -ldl
install -m 644 "$packaging"/node-inspect/index.{js,d.ts} "$DEST/"
version=$(tenon_version include)
printf '{ "name": "tenon-inspect", "version": "%s", "main": "index.js", "types": "index.d.ts" }\n' "$version" >"$DEST/package.json"
if [ -n "${LIBRARY:-}" ]; then
  ln -sf "$(readlink -f "$LIBRARY")" "$DEST/libtenon_inspect.so"
else
  build_inspect .build/node-inspect "libtenon_inspect.so.${version%%.*}" "$DEST/libtenon_inspect.so"
fi
