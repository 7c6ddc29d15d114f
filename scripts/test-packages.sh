#!/usr/bin/env bash
# examples-export: Swift packages that know nothing of Tenon, exported with @Export, used from C on libuv and from C++ with
# coroutines. Each program must print what its .txt says.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
prefix=$root/.build-packages
programs=$root/examples-export/programs
# The cheapest build of so much: how fast it is does not matter here.
export SWIFTFLAGS='-Xswiftc -Onone -Xcc -O0' UV=yes PACKAGE=examples-export PREFIX=$prefix
for product in examples settings-by-hand; do PRODUCT=$product packaging/bundle.sh; done

build() { # product, program, compiler and dialect
  # shellcheck disable=SC2046,SC2086 # words
  $3 -Wall -Wextra -Werror -g "$programs/$2" -o "$prefix/$1-$2" -pthread \
    $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs "$1") -Wl,-rpath,"$prefix/lib"
}
check() { # product, program, words...
  local product=$1 program=$2
  shift 2
  echo "test-packages: $program with $product"
  timeout 60 "$prefix/$product-$program" "$@" > "$prefix/printed" || { echo "it ends with $?" >&2; exit 1; }
  diff -u "$programs/${program%.*}.txt" "$prefix/printed"
}

coproc server { exec python3 examples-export/server.py; }
read -r port <&"${server[0]}"
for language in c cpp; do
  compiler="gcc -std=gnu11"
  if [ $language = cpp ]; then compiler="g++ -std=c++20"; fi
  for program in notes web settings; do build examples $program.$language "$compiler"; done
  check examples notes.$language
  check examples web.$language "$port"
  check examples settings.$language "$programs/settings.yaml"
done
build settings-by-hand settings.c "gcc -std=gnu11"
check settings-by-hand settings.c "$programs/settings.yaml"
echo "test-packages: all passed"
