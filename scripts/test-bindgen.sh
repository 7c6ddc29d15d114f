#!/usr/bin/env bash
# tenon-bindgen: each folder of Tests/Bindgen is what an author writes, and C and C++ programs that use what comes of it,
# built by real compilers without a warning, and run under the address sanitizer. Names of folders choose some.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
swift build -c release --product tenon
swift build -c release --target TenonExport
swift build -c release --target TenonFoundation
library=$(swift build -c release --show-bin-path)
build=$root/.build-bindgen
mkdir -p "$build"
maps=()
for map in "$root"/include/module.modulemap "$root"/Sources/C*/{,include/}module.modulemap "$library"/{C*,TenonFoundationStart}.build/module.modulemap; do
  if [ -f "$map" ]; then maps+=(-Xcc "-fmodule-map-file=$map"); fi
done
strict=(-Wall -Wextra -Werror -g -fsanitize=address,undefined -I"$root/include")
generate() { packaging/bindgen.sh "$build" "$@"; }

# A library of Swift files, with what the generator makes of them: name, module, options of the generator, files...
make_library() {
  local name=$1 module=$2
  shift 2
  mkdir -p "$build/$name"
  generate --library "$name" --module "$module" --version 1.2.0 --headers "$build/$name" \
    --thunks "$build/$name/thunks.swift" --interface "$build/$name/$name.json" --test "$build/$name/walk.c" "$@"
  compile_library "$name" "$module" "$@"
}

compile_library() { # name, module, files...
  local name=$1 module=$2
  shift 2
  local objects=("$library"/TenonExport.build/*.o)
  if grep -q TenonFoundation "$@"; then objects+=("$library"/TenonFoundation*.build/*.o); fi
  swiftc -O -wmo -swift-version 6 -warnings-as-errors -parse-as-library -module-name "$module" \
    -I "$library/Modules" -Xcc -I"$root/include" "${maps[@]}" "$@" "$build/$name/thunks.swift" \
    "${objects[@]}" -emit-library -o "$build/$name/lib$name.so" -L "$library" -ltenon \
    -Xlinker -rpath -Xlinker "$library"
}

# The header by itself, in each dialect.
check_header() {
  local name=$1 standard compiler
  for standard in c99 c11 c2x; do
    gcc -std=$standard -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude -x c "$build/$name/$name.h"
  done
  for compiler in g++ clang++; do
    $compiler -std=c++20 -Wall -Wextra -Werror -fsyntax-only -Iinclude -I"$build/$name" -x c++ "$build/$name/$name.hpp"
  done
  for standard in c++11 c++20; do
    g++ -std=$standard -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude -x c++ "$build/$name/$name.h"
  done
}

# What the header's comments say: of the structs that stand in comments.txt, all of it.
check_comments() {
  local name=$1 expected=Tests/Bindgen/$1/comments.txt
  [ -f "$expected" ] || return 0
  awk 'NR == FNR { if (/^typedef struct/) wanted[$0]; next } $0 in wanted { inside = 1 } inside; /^}/ { inside = 0 }' \
    "$expected" "$build/$name/$name.h" | diff -b "$expected" -
}

run_program() { # name, compiler and dialect, source
  local name=$1 source=$3 program
  program=$build/$name/$(basename "$source" | tr . -)
  # shellcheck disable=SC2086 # the compiler and its dialect are words
  $2 "${strict[@]}" -I"$build/$name" "$source" -o "$program" -L"$build/$name" "-l$name" -L"$library" -ltenon \
    -Wl,-rpath,"$build/$name" -Wl,-rpath,"$library" -lpthread
  echo "test-bindgen: $source"
  timeout 120 "$program" | grep -x ok >/dev/null || { echo "test-bindgen: $source failed" >&2; exit 1; }
}

run() { # name
  local name=$1 source
  make_library "$name" "$(sed 's/./\u&/' <<< "$name")" Tests/Bindgen/"$name"/*.swift
  check_header "$name"
  check_comments "$name"
  scripts/check-interface.py "$build/$name/$name.json"
  run_program "$name" "gcc -std=gnu11" "$build/$name/walk.c"
  for source in Tests/Bindgen/"$name"/*.c; do
    [ ! -f "$source" ] || run_program "$name" "gcc -std=gnu11" "$source"
  done
  for source in Tests/Bindgen/"$name"/*.cpp; do
    [ ! -f "$source" ] || run_program "$name" "g++ -std=c++20" "$source"
  done
}

# A printer outside of the tree, which knows nothing but the interface: what it prints works.
outside() {
  [ -f "$build/shapes/libshapes.so" ] || make_library shapes Shapes Tests/Bindgen/shapes/*.swift
  local place=$build/outside
  mkdir -p "$place"
  python3 Tests/Bindgen/outside/ctypes_printer.py "$build/shapes/shapes.json" "$build/shapes/libshapes.so" \
    > "$place/shapes_printed.py"
  echo "test-bindgen: Tests/Bindgen/outside/use_shapes.py"
  PYTHONDONTWRITEBYTECODE=1 timeout 60 python3 Tests/Bindgen/outside/use_shapes.py "$place" | grep -x ok >/dev/null
}

# A program that was compiled against version 1 runs with version 2 of the library, too.
versions() {
  local name=versions lock=$build/versions/versions.lock.json folder=Tests/Bindgen/versions
  rm -rf "$build/$name" && mkdir -p "$build/$name"
  generate --library $name --module Versions --version 1.0.0 --headers "$build/$name" --lock "$lock" --release \
    --thunks "$build/$name/thunks.swift" $folder/one.swift
  compile_library $name Versions $folder/one.swift
  run_program $name "gcc -std=gnu11" $folder/main.c
  generate --library $name --module Versions --version 2.0.0 --headers "$build/$name/two" --lock "$lock" \
    --thunks "$build/$name/thunks.swift" $folder/two.swift
  compile_library $name Versions $folder/two.swift
  # The same source goes with the new headers, too: what was added has renamed nothing.
  gcc -std=gnu11 -Wall -Wextra -Werror -Wno-missing-field-initializers -fsyntax-only -Iinclude -I"$build/$name/two" $folder/main.c
  echo "test-bindgen: $folder/main.c with version 2"
  timeout 60 "$build/$name/main-c" two | grep -x ok >/dev/null
  run_program $name "gcc -std=gnu11 -I$build/$name/two" $folder/two.c
}

# Both doors for a package outside of the tree: `swift build` with the plugin, and `make bundle`. The package has two modules
# that export, a function that is exported by hand, and types of another package that exports.
doors() {
  local place=$build/packages/greeter prefix=$build/prefix
  mkdir -p "$build/packages" "$prefix"
  ln -sfn "$root" "$build/packages/tenon"
  cp -r Tests/Bindgen/packages/greeter Tests/Bindgen/packages/names "$build/packages"
  sed -i "s|TENON_PATH|$build/packages/tenon|" "$build"/packages/{greeter,names}/Package.swift
  PACKAGE=$place PRODUCT=greeter PREFIX=$prefix packaging/bundle.sh
  # shellcheck disable=SC2046 # flags are words
  gcc -std=gnu11 -Wall -Wextra -Werror -g Tests/Bindgen/packages/greeter.c -o "$build/greeter" \
    $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs greeter) -Wl,-rpath,"$prefix/lib"
  echo "test-bindgen: Tests/Bindgen/packages/greeter.c"
  timeout 60 "$build/greeter" | grep -x ok >/dev/null
}

# The pages of the guide: their Swift makes two libraries, words and shop, and each program prints what stands after it.
guide() {
  local name source base compiler
  rm -rf "$build/guide"
  mkdir -p "$build/guide/words" "$build/guide/shop"
  awk -v work="$build/guide" '
    /^<!-- (words|shop): [a-z]+\.(swift|c|cpp) -->$/ {
      program = work "/" substr($2, 1, length($2) - 1) "/" $3
      state = 1
      next
    }
    state == 2 { if ($0 == "```") { close(file); state = 3 } else print > file; next }
    state == 1 && /^```(swift|c|cpp)$/ { file = program; printf "" > file; state = 2; next }
    state == 3 && $0 == "```text" { file = program ".expected"; state = 2; next }
    !/^ *$/ { state = 0 }' docs/guide/export*.md
  for name in words shop; do
    make_library "$name" "$(sed 's/./\u&/' <<< "$name")" "$build/guide/$name"/*.swift
    check_header "$name"
    for source in "$build/guide/$name"/*.expected; do
      source=${source%.expected}
      base=$(basename "$source")
      compiler="gcc -std=c11"
      if [ "${base##*.}" = cpp ]; then compiler="g++ -std=c++20"; fi
      echo "test-bindgen: the guide's $base"
      # shellcheck disable=SC2086 # the compiler and its dialect are words
      $compiler "${strict[@]}" -I"$build/$name" "$source" -o "$source.program" -L"$build/$name" "-l$name" -L"$library" \
        -ltenon -Wl,-rpath,"$build/$name" -Wl,-rpath,"$library" -lpthread
      timeout 60 "$source.program" | diff "$source.expected" -
    done
  done
}

chosen=("$@")
if [ $# = 0 ]; then
  for folder in Tests/Bindgen/*/; do
    if [ -f "$folder/main.c" ] && [ "$(basename "$folder")" != versions ]; then chosen+=("$(basename "$folder")"); fi
  done
  chosen+=(outside versions mistakes doors guide)
fi
for name in "${chosen[@]}"; do
  case $name in
  doors | guide | versions | outside) $name ;;
  mistakes) generate --help > "$build/help" && scripts/test-bindgen-mistakes.sh "$build" ;;
  *) run "$name" ;;
  esac
done
echo "test-bindgen: all passed"
