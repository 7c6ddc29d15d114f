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
# The names of the modules of a package, as their libraries are called.
modules() { # folder; its own comes last
  local file
  for file in "$1"/*.py; do
    if [ "$file" != "$1/__init__.py" ]; then cat "$file"; fi
  done | cat - "$1/__init__.py" | sed -n 's/^_library = _binding.library(__file__, "\([^"]*\)".*/\1/p'
}
source=$(module_folder "$package" "$product" "$build" "a wheel" 'python/*/__init__.py')
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
  modules "$source" | sed 's/$/_*;/'
  echo "};"
} >"$build/python.map"
build_library "$package" "$product" "$build" "$build/python.map" "lib$name.so" "$stage/$name/lib$name.so" "$configuration" "$symbols"
"$python" "$packaging/../python/backend.py" package "$dest" "$name" "$version" "$stage/$name"
# The same for every package: made again when its sources are newer.
made=$(find "$dest" -name "tenon-*-$("$python" "$packaging/../python/backend.py" tag)-*.whl" -print -quit)
if [ -z "$made" ] || [ -n "$(find "$packaging/../python" "$packaging/../include" -type f -newer "$made" -print -quit)" ]; then
  "$python" "$packaging/../python/backend.py" wheel "$dest"
fi
