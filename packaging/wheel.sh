#!/usr/bin/env bash
# Turns a Swift package that uses @Export into a wheel for Python: the package, Tenon and the Swift runtime in one library, and
# what tenon-bindgen prints beside it. The wheel of `tenon`, which it stands on, goes with it. Usually called as
#
#   make wheel PACKAGE=path/to/package PRODUCT=docdb DEST=path/to/folder
#   pip install --find-links path/to/folder docdb
#
#   PRODUCT  a product of the package: .library(name: "docdb", type: .dynamic, targets: [...]), one of whose targets exports
#   DEST     where the wheels go
#   VERSION  of the package; otherwise that of the lock file, or 0.0.0
#   PYTHON   which python3, 3.11 or newer; its headers are needed, and no package of its own
#   CONFIGURATION, STRIP, SWIFTFLAGS   as for `make bundle`
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ -n "${PACKAGE:-}" ] && [ -n "${PRODUCT:-}" ] && [ -n "${DEST:-}" ] || die "set PACKAGE, PRODUCT and DEST"
command -v swift >/dev/null || die "no swift on the PATH"
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "$python is older than 3.11"
package=$(cd "$PACKAGE" && pwd)
product=$PRODUCT
configuration=${CONFIGURATION:-release}
symbols=stripped
[ "${STRIP:-yes}" = yes ] || symbols=kept
build=$package/.build/wheel
mkdir -p "$DEST"
dest=$(cd "$DEST" && pwd)

# The plugin then writes the Python package, and the entries that it calls.
export TENON_PACKED=yes
build_objects "$package" "$product" "$build" "$configuration"
own=$(basename "$package" | tr '[:upper:]' '[:lower:]')
mapfile -t found < <(find "$build/plugins/outputs/$own" -path '*/TenonBindgen/python/*/__init__.py' 2>/dev/null)
[ ${#found[@]} -gt 0 ] || die "$package exports nothing: does its target use the plugin TenonBindgen?"
[ ${#found[@]} = 1 ] || die "a wheel is of one module, and these export: ${found[*]}"
source=$(dirname "${found[0]}")
name=$(basename "$source")
others=$("$python" -c 'import json, sys; print(*(one["module"] for one in json.load(open(sys.argv[1]))["imports"]))' \
  "$source/../../$name.json")
[ -z "$others" ] || die "$name uses types of $others: what crosses to Python has to be declared in the module itself"

stage=$build/stage
rm -rf "$stage"
mkdir -p "$stage/$name"
install -m 644 "$source"/* "$stage/$name/"
version=${VERSION:-$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$source/__init__.py")}
sed -i "s/^__version__ = .*/__version__ = \"$version\"/" "$stage/$name/__init__.py"
{
  cat "$packaging/tenon.map"
  echo "${name^^}_PYTHON { global: ${name}_*; };"
} >"$build/map"
build_library "$package" "$product" "$build" "$build/map" "lib$name.so" "$stage/$name/lib$name.so" "$configuration" "$symbols"
"$python" "$packaging/../python/backend.py" package "$dest" "$name" "$version" "$stage/$name"
"$python" "$packaging/../python/backend.py" wheel "$dest"
