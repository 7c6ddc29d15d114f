#!/usr/bin/env bash
# C++ programs of several parts, by each compiler and standard library at hand: shared objects that keep their types to
# themselves, in one process; and units of different dialects, with and without exceptions and RTTI, in one program.
# Needs the release library: scripts/test-cpp.sh calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
library=$(swift build -c release --show-bin-path)
build=$PWD/.build-cpp/linking
mkdir -p "$build"
compile=(-Iinclude -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror)
link=(-L"$library" -ltenon -Wl,-rpath,"$library" -pthread -ldl)

# A hidden type is another one in each shared object, unless its name says that it is the same.
shared() { # name compiler options...
  "${@:2}" "${compile[@]}" -fPIC -shared Tests/CPP/linked/library.cpp -o "$build/$1.so" "${link[@]}"
}
shared_objects=()
shared gcc g++ -std=c++17 -O1 -fvisibility=hidden
cp "$build/gcc.so" "$build/gcc-again.so"
shared_objects+=("$build/gcc.so" "$build/gcc-again.so")
compilers=(g++)
if command -v clang++ > /dev/null; then
  compilers+=(clang++)
  shared clang clang++ -std=c++20 -O0
  shared_objects+=("$build/clang.so")
fi
for compiler in "${compilers[@]}"; do
  for visibility in default hidden; do
    "$compiler" -std=c++20 -O1 -fvisibility=$visibility "${compile[@]}" Tests/CPP/linked/program.cpp \
      -o "$build/program" "${link[@]}"
    timeout 60 "$build/program" SAME "${shared_objects[@]}" > /dev/null
    if shared libc++ clang++ -std=c++20 -stdlib=libc++ -fvisibility=hidden 2> /dev/null; then
      timeout 60 "$build/program" OTHER "$build/libc++.so" > /dev/null
    fi
  done
done
echo "# shared objects: ${#shared_objects[@]} that hide their types agree on them"

# units NAME COMPILER OPTIONS...: the linker takes what is inline in several units from the first that has it.
units() {
  local name=$1 dialect objects=() reversed=()
  shift
  unit() { # UNIT COMPILER OPTIONS...
    local unit=$1
    shift
    "$@" "${compile[@]}" -DUNIT="$unit" -c Tests/CPP/linked/unit.cpp -o "$build/$name-$unit.o" &
    objects+=("$build/$name-$unit.o")
    reversed=("$build/$name-$unit.o" "${reversed[@]}")
  }
  for dialect in 17 20; do
    unit "unit_$dialect" "$@" -std=c++$dialect
    unit "unit_${dialect}_without" "$@" -std=c++$dialect -fno-exceptions -fno-rtti
    wait
  done
  unit unit_20_without_rtti "$@" -std=c++20 -fno-rtti
  "$@" -std=c++20 "${compile[@]}" -c Tests/CPP/linked/units.cpp -o "$build/$name.o"
  wait
  "$@" "$build/$name.o" "${objects[@]}" -o "$build/units" "${link[@]}"
  timeout 60 "$build/units"
  "$@" "$build/$name.o" "${reversed[@]}" -o "$build/units" "${link[@]}"
  timeout 60 "$build/units"
  echo "# $name: ${#objects[@]} units of different options are one program"
}
for compiler in "${compilers[@]}"; do units "$compiler" "$compiler" -O0; done
units g++-lto g++ -O2 -flto=auto
if ((${#compilers[@]} > 1)); then
  "${compilers[0]}" -O0 "$build/${compilers[0]}.o" "$build/${compilers[1]}"-unit_{17,20}.o \
    "$build/${compilers[0]}"-unit_{17,20}_without.o "$build/${compilers[0]}-unit_20_without_rtti.o" -o "$build/units" "${link[@]}"
  timeout 60 "$build/units"
  echo "# units of ${compilers[*]} are one program"
fi
