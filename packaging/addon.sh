#!/usr/bin/env bash
# Turns a Swift package that uses @Export into a package for npm, with the addon inside: Tenon, the Swift runtime and the package
# in one .node file, and no install script. Usually called as
#
#   make addon PACKAGE=path/to/package PRODUCT=docdb DEST=path/to/folder
#
#   PRODUCT  a product of the package: .library(name: "docdb", type: .dynamic, targets: [...]), one of whose targets exports
#   DEST     the folder that `npm pack` takes; what is in it stays, but for what this writes. A package.json that is there is kept
#   NAME     of the npm package (PRODUCT); VERSION of it (0.0.0)
#   NODE_HEADERS      the folder with node_api.h, otherwise that of the node on the PATH, or the system's
#   CONFIGURATION, STRIP, SWIFTFLAGS   as for `make bundle`
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ -n "${PACKAGE:-}" ] && [ -n "${PRODUCT:-}" ] && [ -n "${DEST:-}" ] || die "set PACKAGE, PRODUCT and DEST"
command -v swift >/dev/null || die "no swift on the PATH"
package=$(cd "$PACKAGE" && pwd)
product=$PRODUCT
configuration=${CONFIGURATION:-release}
symbols=stripped
[ "${STRIP:-yes}" = yes ] || symbols=kept
build=$package/.build/bundle # one build serves this and `make bundle`
tenon=$(cd "$packaging/.." && pwd)
mkdir -p "$DEST"
dest=$(cd "$DEST" && pwd)

headers=${NODE_HEADERS:-}
for folder in "$(dirname "$(readlink -f "$(command -v node || echo /usr/bin/node)")")/../include/node" /usr/include/node; do
  if [ -z "$headers" ] && [ -f "$folder/node_api.h" ]; then headers=$folder; fi
done
[ -n "$headers" ] || die "no node_api.h: set NODE_HEADERS"

build_objects "$package" "$product" "$build" "$configuration"
own=$(basename "$package" | tr '[:upper:]' '[:lower:]')
mapfile -t found < <(find "$build/plugins/outputs/$own" -path '*/TenonBindgen/node' -type d 2>/dev/null)
[ ${#found[@]} -gt 0 ] || die "$package exports nothing: does its target use the plugin TenonBindgen?"
[ ${#found[@]} = 1 ] || die "an addon is of one module, and these export: ${found[*]}"
node=${found[0]}
include=$node/../include
library=$(basename "$(find "$include" -name '*.h' | head -1)" .h)

objects=()
mkdir -p "$build/node"
for source in "$node/addon.c" "$tenon"/Sources/TenonNodeExport/*.c "$tenon"/Sources/TenonNodeLoop/*.c; do
  object=$build/node/$(basename "$(dirname "$source")")-$(basename "$source" .c).o
  "${CC:-cc}" -std=gnu11 -O2 -g -fPIC -fvisibility=hidden -DNODE_GYP_MODULE_NAME="$library" -I"$headers" -I"$tenon/include" \
    -I"$include" -I"$tenon/Sources/TenonNodeExport" -I"$tenon/Sources/TenonNodeLoop/uv" -c "$source" -o "$object"
  objects+=("$object")
done
echo '{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };' >"$build/node/map"
build_library "$package" "$product" "$build" "$build/node/map" "$library.node" "$dest/$library.node" "$configuration" \
  "$symbols" "${objects[@]}"

install -m 644 "$node/index.js" "$node/index.mjs" "$node/index.d.ts" "$dest/"
[ -f "$dest/package.json" ] || cat >"$dest/package.json" <<JSON
{
  "name": "${NAME:-$product}",
  "version": "${VERSION:-0.0.0}",
  "main": "./index.js",
  "types": "./index.d.ts",
  "exports": {
    ".": {
      "types": "./index.d.ts",
      "import": "./index.mjs",
      "require": "./index.js"
    }
  },
  "files": ["index.js", "index.mjs", "index.d.ts", "$library.node"],
  "engines": { "node": ">=18" },
  "os": ["linux"],
  "cpu": ["$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')"]
}
JSON
echo "made $dest: npm pack takes it"
