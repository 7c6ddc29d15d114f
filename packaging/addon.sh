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

headers=$(node_headers)

build_objects "$package" "$product" "$build" "$configuration"
# The modules that an addon.c has tables of; the last one is its own.
modules() { sed -n 's/^extern const tenon_node_module_t module_\(.*\);$/\1/p' "$1/addon.c"; }
node=$(module_folder "$package" "$product" "$build" "an addon" node/addon.c)
mapfile -t parts < <(modules "$node")
library=${parts[-1]}
unset "parts[-1]"
includes=()
while read -r folder; do includes+=("-I$folder"); done < <(find "$build/plugins/outputs" -path '*/TenonBindgen/include' -type d)

objects=()
mkdir -p "$build/node"
sources=("$node/addon.c" "$tenon"/Sources/TenonNodeExport/*.c "$tenon"/Sources/TenonNodeLoop/*.c)
for part in "${parts[@]}"; do sources+=("$node/$part.c"); done
headers_newest=$(find "$tenon"/Sources/TenonNode{Export,Loop} "$tenon/include" -name '*.h' -printf '%T@ %p\n' | sort -n | tail -n 1 |
  cut -d ' ' -f 2-)
for source in "${sources[@]}"; do
  object=$build/node/$(basename "$(dirname "$source")")-$(basename "$source" .c).o
  objects+=("$object")
  # The runtime is the same for every package.
  if [[ $source == "$tenon"/Sources/* && $object -nt $source && $object -nt $headers_newest ]]; then continue; fi
  "${CC:-cc}" -std=gnu11 -O2 -g -fPIC -fvisibility=hidden -DNODE_GYP_MODULE_NAME="$library" -I"$headers" -I"$tenon/include" \
    "${includes[@]}" -I"$tenon/Sources/TenonNodeExport" -I"$tenon/Sources/TenonNodeLoop/uv" -c "$source" -o "$object"
done
echo '{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };' >"$build/node/map"
build_library "$package" "$product" "$build" "$build/node/map" "$library.node" "$dest/$library.node" "$configuration" \
  "$symbols" "${objects[@]}"

# Each module has a door of its own: "greeter", and "greeter/words".
doors= files=
for name in index "${parts[@]}"; do
  install -m 644 "$node/$name.js" "$node/$name.mjs" "$node/$name.d.ts" "$dest/"
  door=.
  [ "$name" = index ] || door=./$name
  doors+=${doors:+,}"
    \"$door\": {
      \"types\": \"./$name.d.ts\",
      \"import\": \"./$name.mjs\",
      \"require\": \"./$name.js\"
    }"
  files+="\"$name.js\", \"$name.mjs\", \"$name.d.ts\", "
done
[ -f "$dest/package.json" ] || cat >"$dest/package.json" <<JSON
{
  "name": "${NAME:-$product}",
  "version": "${VERSION:-0.0.0}",
  "main": "./index.js",
  "types": "./index.d.ts",
  "exports": {$doors
  },
  "files": [$files"$library.node"],
  "engines": { "node": ">=18" },
  "os": ["linux"],
  "cpu": ["$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')"]
}
JSON
echo "made $dest: npm pack takes it"
