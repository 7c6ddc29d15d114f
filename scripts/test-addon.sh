#!/usr/bin/env bash
# What tenon-bindgen makes for Node: the samples of Tests/Bindgen as addons, their suites in real node programs, and their types
# under tsc. Names of samples choose some; `pack` is `make addon` and npm. NODE is another node.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
build=$root/.build-bindgen
swift build -c release --product tenon
library=$(swift build -c release --show-bin-path)
headers=$(dirname "$(readlink -f "$(command -v node)")")/../include
include=(-I"$headers/node" -I/usr/include/node -Iinclude -ISources/TenonNodeExport -ISources/TenonNodeLoop/uv)

# Whether a file is missing, or older than what it is made of.
is_old() { [ ! -f "$1" ] || [ -n "$(find "${@:2}" -newer "$1" -print -quit)" ]; }

objects() { # of the runtime, once
  mkdir -p "$build/node"
  local source object
  for source in Sources/TenonNodeLoop/*.c Sources/TenonNodeExport/*.c; do
    object=$build/node/$(basename "$(dirname "$source")")-$(basename "$source" .c).o
    ! is_old "$object" "$source" Sources/TenonNode{Loop,Export}/*.h Sources/TenonNodeLoop/{include,uv} include/tenon ||
      gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC "${include[@]}" -c "$source" -o "$object"
  done
}

# `tenon` sees what a node that waits for ever waits for: an async callback's promise that nobody resolves.
looked_into() { # package, the file that Tenon is in
  local pid tenon
  tenon=$(packaging/inspector.sh "$root/.build-inspect")
  coproc node -e '
    const { visit } = require(process.argv[1]);
    visit(["x"], () => { setImmediate(() => console.log("stuck", process.pid)); return new Promise(() => {}); });
    setInterval(() => {}, 1e6);' "$1"
  read -r -t 60 _ pid <&"${COPROC[0]}"
  "$tenon" ps --json "$pid" > "$build/looked" || { kill "$pid"; return 1; }
  kill "$pid"
  Tests/Inspect/find.py "$2" future name=visit - task - future state=pending - promise detail=JavaScript < "$build/looked"
}

# A deadlock across languages is named from inside, by the package tenon-inspect, and from outside.
languages() { # package
  local pid tenon kind
  tenon=$(packaging/inspector.sh "$root/.build-inspect")
  # An old node may have no tracingChannel().
  node -e 'process.exit(require("node:diagnostics_channel").tracingChannel ? 0 : 1)' || return 0
  swift build -c release --product tenon_inspect > /dev/null
  DEST=$build/tenon-inspect LIBRARY=$library/libtenon_inspect.so packaging/node-inspect.sh
  if command -v tsc > /dev/null; then tsc --noEmit --strict --lib es2022 "$build/tenon-inspect/index.d.ts"; fi
  # Another library is refused, however often it is asked for; and what there is no memory for is not done.
  for kind in OLDER POOR; do
    "${CC:-cc}" -shared -fPIC -Wall -Wextra -Werror -Iinclude -D$kind -o "$build/instead.so" Tests/Inspect/instead.c
    TENON_INSPECT_LIBRARY=$build/instead.so node -e '
      const refused = process.argv[2] === "OLDER" ? /another version/ : /no memory/;
      for (let round = 0; round < 2; round++) {
        require("node:assert/strict").throws(() => require(process.argv[1]).explain(8n), refused);
      }' "$build/tenon-inspect" $kind
  done
  stuck "$1" '' 4 visit && stuck "$1" stream 7 relayIn
}

stuck() { # package, what it is across, how many wait, the call
  local pid
  coproc node Tests/Inspect/languages.js "$1" "$build/tenon-inspect" "$2"
  read -r -t 60 _ pid <&"${COPROC[0]}"
  "$tenon" why "$pid" > "$build/looked" || { kill "$pid"; return 1; }
  kill "$pid"
  wait "$pid" 2> /dev/null || true
  grep -q "^deadlock: $3 wait for each other" "$build/looked" &&
    grep -q "JavaScript's promise 0x[0-9a-f]* awaits call $4 (future [0-9]*), at .*languages.js:[0-9]*" "$build/looked" ||
    { cat "$build/looked" >&2; return 1; }
}

# `tenon flame` names functions of JavaScript that V8 has written down.
flames() { # package
  local pid tenon round
  tenon=$(packaging/inspector.sh "$root/.build-inspect")
  coproc "${NODE:-node}" --perf-basic-prof --interpreted-frames-native-stack --logfile="$build/v8.log" --no-logfile-per-isolate -e '
    require(process.argv[1]);
    function burnInScript() { let sum = 0; for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i); return sum; }
    function again() { burnInScript(); setImmediate(again); }
    console.log("busy", process.pid);
    again();' "$1"
  read -r -t 60 _ pid <&"${COPROC[0]}"
  for round in $(seq 50); do # until it had the processor meanwhile
    "$tenon" flame --folded --seconds 0.2 "$pid" > "$build/flames" 2> /dev/null || continue
    ! grep -q 'again [^;]*;burnInScript ' "$build/flames" || break
    [ "$round" != 50 ] || { cat "$build/flames" >&2; kill "$pid"; return 1; }
  done
  kill "$pid"
  rm -f "/tmp/perf-$pid.map"
}

suite() { # package, files
  # Each in its turn, as the runner of Node 18 gives no options to those that it starts.
  local file
  for file in "${@:2}"; do
    TENON_TEST_PACKAGE=$1 timeout 300 "${NODE:-node}" --expose-gc "$file" > "$build/log" 2>&1 || {
      grep -v '^ *ok ' "$build/log" | tail -100
      return 1
    }
  done
}

sample() { # name
  local name=$1 place=$build/$1
  mkdir -p "$place/node"
  # The library that test-bindgen.sh makes, or the same.
  ! is_old "$place/lib$name.so" Tests/Bindgen/"$name"/*.swift Sources/TenonBindgen Sources/TenonExport "$library/libtenon.so" ||
    scripts/test-bindgen.sh "$name"
  packaging/bindgen.sh "$build" --library "$name" --module "$(sed 's/./\u&/' <<< "$name")" --version 1.2.0 \
    --headers "$place" --node "$place/node" Tests/Bindgen/"$name"/*.swift
  gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror -fPIC -shared "${include[@]}" -I"$place" -o "$place/node/$name.node" \
    "$place/node/addon.c" "$build"/node/*.o -L"$place" "-l$name" -L"$library" -ltenon \
    -Wl,-rpath,"$place" -Wl,-rpath,"$library"
  if command -v tsc > /dev/null; then
    types "$name" "$place/node"
  fi
  suite "$place/node" Tests/Bindgen/"$name"/*.test.js
  [ "$name" != callbacks ] || { looked_into "$place/node" libtenon.so && flames "$place/node" && languages "$place/node"; }
  echo "test-addon: $name passed"
}

# What is right compiles, and each line that ends with a wrong is refused.
types() { # name of the folder in Tests/Bindgen, folder with index.d.ts
  local samples=Tests/Bindgen/$1 place=$2/types
  [ -f "$samples/right.ts" ] || return 0
  mkdir -p "$place"
  cp "$2"/*.d.ts Tests/Bindgen/disposable.d.ts "$samples"/*.ts "$place/"
  local options=(--noEmit --strict --target es2022 --module commonjs --lib es2022,dom --skipLibCheck false)
  tsc "${options[@]}" "$place/disposable.d.ts" "$place/right.ts"
  tsc "${options[@]}" "$place/disposable.d.ts" "$place/wrong.ts" > "$place/errors" && {
    echo "test-addon: tsc takes what is wrong in $1" >&2
    return 1
  }
  diff <(grep -n '// wrong' "$place/wrong.ts" | cut -d: -f1) \
    <(sed -n 's/.*wrong\.ts(\([0-9]*\),.*/\1/p' "$place/errors" | sort -nu) || {
    cat "$place/errors" >&2
    return 1
  }
}

pack() {
  local place=$build/packages/docdb dest=$build/npm/docdb
  rm -rf "$build/npm" && mkdir -p "$place/Sources/Docdb" "$build/npm/user"
  ln -sfn "$root" "$build/packages/tenon"
  cp Tests/Bindgen/docdb/Database.swift "$place/Sources/Docdb/"
  sed "s|TENON_PATH|$build/packages/tenon|" Tests/Bindgen/docdb/Package.swift.in > "$place/Package.swift"
  PACKAGE=$place PRODUCT=docdb VERSION=1.2.0 DEST=$dest packaging/addon.sh
  (cd "$dest" && npm pack --silent --pack-destination "$build/npm" > /dev/null)
  cd "$build/npm/user"
  echo '{ "name": "user", "version": "1.0.0" }' > package.json
  npm install --silent --offline --ignore-scripts "$build/npm/docdb-1.2.0.tgz"
  npm ci --silent --offline --ignore-scripts
  suite "$PWD/node_modules/docdb" "$root"/Tests/Bindgen/docdb/*.test.js
  echo "import docdb, { open } from 'docdb'; console.log(docdb.open === open && typeof open);" > use.mjs
  node use.mjs | grep -x function >/dev/null
  cd "$root"
  echo "test-addon: pack passed"
}

# A package with two modules that export, which use each other's types and those of another package.
modules() {
  local packages=$build/packages dest=$build/npm/greeter
  rm -rf "$dest" && mkdir -p "$packages"
  ln -sfn "$root" "$packages/tenon"
  cp -r Tests/Bindgen/packages/greeter Tests/Bindgen/packages/names "$packages"
  sed -i "s|TENON_PATH|$packages/tenon|" "$packages"/{greeter,names}/Package.swift
  PACKAGE=$packages/greeter PRODUCT=greeter DEST=$dest packaging/addon.sh
  if command -v tsc > /dev/null; then
    types packages "$dest"
  fi
  mkdir -p "$build/npm/user/node_modules"
  ln -sfn "$dest" "$build/npm/user/node_modules/greeter"
  (cd "$build/npm/user" && suite "$build/npm/user/node_modules/greeter" "$root/Tests/Bindgen/packages/greeter.test.js")
  echo "test-addon: modules passed"
}

objects
[ $# -gt 0 ] || set -- docdb callbacks shapes pack modules
for name in "$@"; do
  case $name in
  pack | modules) $name ;;
  *) sample "$name" ;;
  esac
done
