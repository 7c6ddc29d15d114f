#!/usr/bin/env bash
# examples-middleware: one chain of layers in Swift, C++, JavaScript and Python, in one process; and in Python's without Node.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
swift build -c release --product tenon
swift build -c release --target TenonExport
library=$(swift build -c release --show-bin-path)
build=$root/.build-bindgen
place=$build/middleware
example=$root/examples-middleware
python=${PYTHON:-python3}
mkdir -p "$place/node" "$place/python/middleware"
maps=()
for map in "$root"/include/module.modulemap "$root"/Sources/C*/module.modulemap "$library"/C*.build/module.modulemap; do
  if [ -f "$map" ]; then maps+=(-Xcc "-fmodule-map-file=$map"); fi
done
paths=(-L"$place" -L"$library" -Wl,-rpath,"$place" -Wl,-rpath,"$library")

# One library, and what C++, Node and Python know it by: so what one of them makes the others take.
packaging/bindgen.sh "$build" --library middleware --module Middleware --version 1.0.0 --headers "$place" \
  --thunks "$place/thunks.swift" --packed "$place/packed.swift" --node "$place/node" --python "$place/python" \
  "$example/Middleware.swift"
swiftc -O -wmo -swift-version 6 -warnings-as-errors -parse-as-library -module-name Middleware -I "$library/Modules" \
  -Xcc -I"$root/include" "${maps[@]}" "$example/Middleware.swift" "$place/thunks.swift" "$place/packed.swift" \
  "$library"/TenonExport.build/*.o -emit-library -o "$place/libmiddleware.so" -L "$library" -ltenon \
  -Xlinker -rpath -Xlinker "$library"
ln -sfn ../../libmiddleware.so "$place/python/middleware/libmiddleware.so"
"$python" python/backend.py extension "$place/python/tenon"
g++ -std=c++20 -O2 -Wall -Wextra -Werror -fPIC -shared -Iinclude -I"$place" "$example/limit.cpp" \
  -o "$place/liblimit.so" "${paths[@]}" -lmiddleware -ltenon

echo "test-middleware: Python, Swift and C++"
PYTHONPATH=$place/python:$example PYTHONDONTWRITEBYTECODE=1 MIDDLEWARE_LIMIT=$place/liblimit.so \
  timeout 60 "$python" -W error::ResourceWarning "$example/test_three_languages.py"

headers=$(dirname "$(readlink -f "$(command -v node)")")/../include
headers=(-I"$headers/node" -I/usr/include/node)
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -fPIC -shared "${headers[@]}" -Iinclude -ISources/TenonNodeExport \
  -ISources/TenonNodeLoop/uv -I"$place" "$place/node/addon.c" Sources/TenonNode{Loop,Export}/*.c \
  -o "$place/node/middleware.node" "${paths[@]}" -lmiddleware -ltenon
read -r include shared < <("$python" -c '
import sysconfig
get = sysconfig.get_config_var
print(sysconfig.get_path("include"), get("LIBDIR") + "/" + get("INSTSONAME") if get("Py_ENABLE_SHARED") else "")')
if [ ! -f "$include/Python.h" ] || [ ! -f "$shared" ]; then
  echo "test-middleware: $python has no library that a program could have inside: no test of all four" >&2
  exit 0
fi
g++ -std=c++20 -O2 -Wall -Wextra -Werror -fPIC -shared "${headers[@]}" -I"$include" "-DPYTHON_LIBRARY=\"$shared\"" \
  "$example/addon.cpp" -o "$place/addon.node" "${paths[@]}" -L"$(dirname "$shared")" "-l:$(basename "$shared")" \
  -Wl,-rpath,"$(dirname "$shared")" -llimit
echo "test-middleware: JavaScript, Swift, Python and C++"
PYTHONPATH=$place/python:$example PYTHONDONTWRITEBYTECODE=1 MIDDLEWARE=$place/node MIDDLEWARE_ADDON=$place/addon.node \
  timeout 60 node --test "$example"/*.test.js > "$place/log" 2>&1 || {
  grep -v '^ *ok ' "$place/log" | tail -100
  exit 1
}
echo "test-middleware: all passed"
