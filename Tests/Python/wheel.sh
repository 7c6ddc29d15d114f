#!/usr/bin/env bash
# `make wheel` for a package outside of the tree; a fresh environment into which pip installs what it made; and type checkers
# over a program that is right, and one that is all wrong. Arguments: where to build, and the interpreter.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
python=$2
place=$build/people
mkdir -p "$place/Sources/Docdb" "$build/links"
ln -sfn "$root" "$build/links/tenon"
copy() { cmp -s "$1" "$2" || cp "$1" "$2"; }
sed "s|TENON_PATH|$build/links/tenon|" "$root/Tests/Python/package/Package.swift" >"$build/Package.swift"
copy "$build/Package.swift" "$place/Package.swift"
copy "$root/Tests/Bindgen/docdb/Database.swift" "$place/Sources/Docdb/Database.swift"
rm -rf "$build/wheels"
PYTHON=$python PACKAGE=$place PRODUCT=docdb DEST=$build/wheels VERSION=1.2.0 "$root/packaging/wheel.sh"

# One with types of other modules, where test-bindgen.sh has it, too.
greeter=$root/.build-bindgen/packages/greeter
mkdir -p "${greeter%/*}"
ln -sfn "$root" "${greeter%/*}/tenon"
for file in "$root"/Tests/Bindgen/packages/{greeter,names}/Package.swift; do
  sed "s|TENON_PATH|${greeter%/*}/tenon|" "$file" >"$build/Package.swift"
  folder=${greeter%/*}/$(basename "$(dirname "$file")")
  cp -r "$(dirname "$file")" "${greeter%/*}"
  cp "$build/Package.swift" "$folder/Package.swift"
done
PYTHON=$python PACKAGE=$greeter PRODUCT=greeter DEST=$build/wheels "$root/packaging/wheel.sh"

machine=$(uname -m)
for pattern in "docdb-1.2.0-py3-none-manylinux_2_??_$machine" "tenon-*-cp311-abi3-manylinux_2_??_$machine"; do
  compgen -G "$build/wheels/$pattern.whl" >/dev/null || { echo "test-python: no wheel is called $pattern" >&2; exit 1; }
done
size() { stat -Lc %s "$build/wheels/$1"-*.whl; }
[ "$(size tenon)" -lt 60000 ] || { echo "test-python: tenon's wheel has $(size tenon) bytes" >&2; exit 1; }

# Into a fresh environment, without an index.
rm -rf "$build/fresh"
"$python" -m venv "$build/fresh"
"$build/fresh/bin/pip" install -q --disable-pip-version-check --no-index --find-links "$build/wheels" docdb greeter
"$build/fresh/bin/pip" check -q --disable-pip-version-check
(cd "$build" && PYTHONPATH=$root/Tests/Python:$root/Tests/Python/wheels "$build/fresh/bin/python" -m unittest -q test_docdb test_modules)

# The type checkers, and other loops, are kept from one run to the next; the packages are the new ones.
tools=$build/tools
if [ ! -x "$tools/bin/basedpyright" ]; then
  "$python" -m venv "$tools"
  "$tools/bin/pip" install -q --disable-pip-version-check mypy==2.4.1 basedpyright==1.40.2 anyio trio uvloop || {
    rm -rf "$tools"
    echo "test-python: no type checkers, trio and uvloop can be had here; so these are not tested" >&2
    exit 0
  }
fi
"$tools/bin/pip" install -q --disable-pip-version-check --no-index --find-links "$build/wheels" --force-reinstall docdb greeter
"$tools/bin/python" "$root/Tests/Python/types/check.py"
"$tools/bin/python" "$root/Tests/Python/types/good.py" >/dev/null
PYTHONPATH=$build/packages:$root/Tests/Python "$tools/bin/python" -m unittest -q test_life.OtherLoopTests
