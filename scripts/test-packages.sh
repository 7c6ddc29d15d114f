#!/usr/bin/env bash
# examples-export: Swift packages that know nothing of Tenon, exported with @Export, used from C on libuv, from C++ with
# coroutines, from Python and from Node. Each program must print what its .txt says.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
prefix=$root/.build-packages
programs=$root/examples-export/programs
# The cheapest build of so much: how fast it is does not matter here. All languages share it, so that has what Python needs.
export SWIFTFLAGS='-Xswiftc -Onone -Xcc -O0' TENON_PACKED=yes UV=yes PACKAGE=examples-export PREFIX=$prefix
for product in examples by-hand; do PRODUCT=$product packaging/bundle.sh; done

build() { # product, program, compiler and dialect
  # shellcheck disable=SC2046,SC2086 # words
  $3 -Wall -Wextra -Werror -g "$programs/$2" -o "$prefix/$1-$2" -pthread \
    $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags --libs "$1") -Wl,-rpath,"$prefix/lib"
}
check() { # what it prints, program and words...
  echo "test-packages: $(basename "$2") $([ $# = 2 ] || basename "$3")"
  timeout 60 "${@:2}" > "$prefix/printed" || { echo "it ends with $?" >&2; exit 1; }
  diff -u "$programs/$1.txt" "$prefix/printed"
}

coproc server { exec python3 examples-export/server.py; }
read -r port <&"${server[0]}"
programs_of() { # product, ending, compiler and dialect
  local program
  for program in notes web settings; do build "$1" "$program.$2" "$3"; done
  check notes "$prefix/$1-notes.$2"
  check web "$prefix/$1-web.$2" "$port"
  check settings "$prefix/$1-settings.$2" "$programs/settings.yaml"
}
programs_of examples c "gcc -std=gnu11"
programs_of examples cpp "g++ -std=c++20"
# The same C programs over bridges that were written by hand.
programs_of by-hand c "gcc -std=gnu11"

# A wheel is of one module, and so is an addon.
python=${PYTHON:-python3}
for product in notes web settings; do
  PRODUCT=$product DEST=$prefix/wheels packaging/wheel.sh
  PRODUCT=$product DEST=$prefix/node/node_modules/$product packaging/addon.sh
done
"$python" -m pip install -q --disable-pip-version-check --no-index --find-links "$prefix/wheels" --target "$prefix/python" \
  --upgrade --force-reinstall notes web settings
export PYTHONPATH=$prefix/python
cp "$programs"/*.mjs "$prefix/node/"
check notes "$python" "$programs/use_notes.py"
check web "$python" "$programs/use_web.py" "$port"
check settings "$python" "$programs/use_settings.py" "$programs/settings.yaml"
check notes node "$prefix/node/notes.mjs"
check web node "$prefix/node/web.mjs" "$port"
check settings node "$prefix/node/settings.mjs" "$programs/settings.yaml"
echo "test-packages: all passed"
