#!/usr/bin/env bash
# Turns a Swift package that uses @Export into a wheel for Python: the package, Tenon and the Swift runtime in one library, and
# what tenon-bindgen prints beside it. The wheel of `tenon`, which it stands on, goes with it. Usually called as
#
#   make wheel PACKAGE=path/to/package PRODUCT=docdb DEST=path/to/folder
#   pip install --find-links path/to/folder docdb
#
#   PRODUCT  a product of the package: .library(name: "docdb", type: .dynamic, targets: [...]), one of whose targets exports; what
#            that uses of other modules that export is in the same package
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
build=$package/.build/bundle # one build serves this, `make addon` and `make bundle`
mkdir -p "$DEST"
dest=$(cd "$DEST" && pwd)

# The plugin then writes the Python package, and the entries that it calls.
export TENON_PACKED=yes
build_objects "$package" "$product" "$build" "$configuration"
own=$(basename "$package" | tr '[:upper:]' '[:lower:]')
folders=()
while read -r target; do
  for file in "$build/plugins/outputs/$own/$target/destination/TenonBindgen/python"/*/__init__.py; do
    if [ -f "$file" ]; then folders+=("$(dirname "$file")"); fi
  done
done < <(product_members "$package" "$product" "$build")
[ ${#folders[@]} -gt 0 ] || die "$package exports nothing: does a target of $product use the plugin TenonBindgen?"
# The product's module is the one that no other uses.
modules() { cat "$@" | sed -n 's/^_library = _binding.library(__file__, "\([^"]*\)".*/\1/p'; }
used=$(for folder in "${folders[@]}"; do
  for file in "$folder"/*.py; do if [ "${file##*/}" != __init__.py ]; then modules "$file"; fi; done
done)
found=()
for folder in "${folders[@]}"; do
  if ! grep -qx "$(modules "$folder/__init__.py")" <<<"$used"; then found+=("$folder"); fi
done
[ ${#found[@]} = 1 ] || die "a wheel is of one module and those that it uses, and these export: ${found[*]}"
source=${found[0]}
name=$(basename "$source")

stage=$build/python
rm -rf "$stage"
mkdir -p "$stage/$name"
install -m 644 "$source"/* "$stage/$name/"
version=${VERSION:-$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$source/__init__.py")}
sed -i "s/^__version__ = .*/__version__ = \"$version\"/" "$stage/$name/__init__.py"
{
  cat "$packaging/tenon.map"
  echo "${name^^}_PYTHON { global:"
  modules "$source"/*.py | sed 's/$/_*;/'
  echo "};"
} >"$build/python.map"
build_library "$package" "$product" "$build" "$build/python.map" "lib$name.so" "$stage/$name/lib$name.so" "$configuration" "$symbols"
"$python" "$packaging/../python/backend.py" package "$dest" "$name" "$version" "$stage/$name"
# The same for every package: made again when its sources are newer.
made=$(find "$dest" -name "tenon-*-$("$python" "$packaging/../python/backend.py" tag)-*.whl" -print -quit)
if [ -z "$made" ] || [ -n "$(find "$packaging/../python" "$packaging/../include" -type f -newer "$made" -print -quit)" ]; then
  "$python" "$packaging/../python/backend.py" wheel "$dest"
fi
