#!/usr/bin/env bash
# Python: the package tenon, and what tenon-bindgen makes of the samples of Tests/Bindgen, run by a real python3. Names of
# tests choose some, as unittest takes them; PYTHON is another interpreter, 3.11 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "test-python: $python is older than 3.11" >&2; exit 1; }
swift build -c release --product tenon
swift build -c release --target TenonExport
swift build -c release --target TenonFoundation
library=$(swift build -c release --show-bin-path)
build=$root/.build-python
packages=$build/packages
mkdir -p "$packages"
maps=()
for map in "$root"/include/module.modulemap "$root"/Sources/C*/{,include/}module.modulemap "$library"/{C*,TenonFoundationStart}.build/module.modulemap; do
  if [ -f "$map" ]; then maps+=(-Xcc "-fmodule-map-file=$map"); fi
done

# Whether a file is missing, or older than what it is made of.
is_old() { [ ! -f "$1" ] || [ -n "$(find "${@:2}" -newer "$1" -print -quit)" ]; }

# A package of Swift files: name, module, files...
make_package() {
  local name=$1 module=$2 made=$build/$1 objects=("$library"/TenonExport.build/*.o)
  shift 2
  if grep -q TenonFoundation "$@"; then objects+=("$library"/TenonFoundation*.build/*.o); fi
  is_old "$packages/$name/lib$name.so" "$@" Sources/TenonBindgen Sources/TenonExport "$library/libtenon.so" || return 0
  packaging/bindgen.sh "$build" --library "$name" --module "$module" --version 1.2.0 --thunks "$made/thunks.swift" \
    --packed "$made/packed.swift" --python "$packages" "$@"
  swiftc -O -wmo -swift-version 6 -warnings-as-errors -parse-as-library -module-name "$module" \
    -I "$library/Modules" -Xcc -I"$root/include" "${maps[@]}" "$@" "$made/thunks.swift" "$made/packed.swift" \
    "${objects[@]}" -emit-library -o "$packages/$name/lib$name.so" -L "$library" -ltenon \
    -Xlinker -rpath -Xlinker "$library"
}

make_package docdb Docdb Tests/Bindgen/docdb/*.swift
make_package shapes Shapes Tests/Bindgen/shapes/*.swift
make_package callbacks Callbacks Tests/Bindgen/callbacks/*.swift
make_package values Values Tests/Bindgen/values/*.swift
make_package work Work Tests/Python/work/*.swift
"$python" python/backend.py extension "$packages/tenon"
swift build -c release --product tenon_inspect
export TENON_INSPECT_LIBRARY=$library/libtenon_inspect.so
arguments=("$@")

[ $# -gt 0 ] || Tests/Python/wheel.sh "$build" "$python"
[ $# -gt 0 ] || arguments=(discover -s "$root/Tests/Python" -t "$root/Tests/Python")
PYTHONPATH=$packages:$root/Tests/Python PYTHONFAULTHANDLER=1 timeout 150 \
  "$python" -W error::ResourceWarning -m unittest "${arguments[@]}"

# `tenon` sees what a program that waits for ever waits for.
if [ $# = 0 ]; then
  tenon=$(packaging/inspector.sh "$root/.build-inspect")
  coproc env PYTHONPATH="$packages" "$python" Tests/Python/stuck.py
  read -r -t 60 _ pid <&"${COPROC[0]}"
  "$tenon" ps --json "$pid" > "$build/looked" || { kill "$pid"; exit 1; }
  kill "$pid"
  Tests/Inspect/find.py libtenon.so future name=visit - task - future state=pending - promise detail=Python < "$build/looked"
fi

# The same binaries in the other versions of Python that are here.
if [ $# = 0 ]; then
  tested=" $("$python" -c 'import sys; print(*sys.version_info[:2], sep=".")') "
  for other in python3.1{1..9} "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-9]*/bin/python3; do
    version=$("$other" -c 'import sys; print(*sys.version_info[:2], sep=".")' 2> /dev/null) || continue
    [[ $tested != *" $version "* ]] || continue
    tested+="$version "
    echo "test-python: $other"
    PYTHONPATH=$packages:$root/Tests/Python PYTHONFAULTHANDLER=1 timeout 150 \
      "$other" -W error::ResourceWarning -m unittest -q test_docdb test_values test_callbacks test_holding \
      test_asyncio.{Call,Cancel,Stream,Buffer,Context}Tests \
      test_life.LifeTests.test_{a_fork_is_told,control_c_ends_a_blocking_wait,subinterpreters_are_refused} \
      test_life.LifeTests.test_{asyncio_run_twice,the_interpreter_ends_while_threads_call_back}
  done
fi

# `tenon flame` names functions of Python that CPython has written down: the first version here that does.
if [ $# = 0 ]; then
  for other in python3.1{2..9} "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do
    "$other" -X perf -c 'import sys; sys.exit(not sys.is_stack_trampoline_active())' 2> /dev/null || continue
    coproc env PYTHONPATH="$packages" "$other" -X perf Tests/Python/busy.py
    read -r -t 60 _ pid <&"${COPROC[0]}"
    for round in $(seq 50); do # until it had the processor meanwhile
      "$tenon" flame --folded --seconds 0.2 "$pid" > "$build/flames" 2> /dev/null || continue
      ! grep -q ';again [^;]*;burn_in_script ' "$build/flames" || break
      [ "$round" != 50 ] || { cat "$build/flames" >&2; kill "$pid"; exit 1; }
    done
    kill "$pid"
    rm -f "/tmp/perf-$pid.map"
    echo "test-python: flame on $other"
    break
  done
fi

# The extension under the address sanitizer, with Python's own memory in the heap, where that looks at it.
if [ $# = 0 ] && command -v gcc > /dev/null; then
  CC=gcc CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -g" \
    "$python" python/backend.py extension "$build/sanitized/tenon"
  LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" PYTHONMALLOC=malloc \
    ASAN_OPTIONS=detect_leaks=0 PYTHONPATH=$build/sanitized:$packages:$root/Tests/Python timeout 150 \
    "$python" -m unittest -q test_callbacks test_values test_holding test_docdb test_asyncio.CancelTests \
    test_asyncio.StreamTests
fi
