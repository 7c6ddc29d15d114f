#!/usr/bin/env bash
# Installs Tenon into a temporary prefix and uses it as its users do: C and C++ programs, built
# outside of the tree without Swift on the PATH, and a Swift package bundled for C.
#
# Prints a line for each promise, and numbers as they are. Exits with 1 if a promise is broken. With `all`, every kind of bundle
# is made.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
tests=$root/Tests/Install
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
author=$work/author-prefix
log=$work/log
size_max=8000000
runtime=$("$root"/scripts/swift-runtime.sh) # with Dispatch
multiarch=lib/$(cc -print-multiarch)
[ "$multiarch" != lib/ ] || multiarch=lib64
passed=0
failed=0

# check NAME COMMAND...: the command's output is shown if it fails.
check() {
  local name=$1 status
  shift
  set +e # not as a condition, where bash forgets -e in what it calls
  (set -e; "$@") >"$log" 2>&1
  status=$?
  set -e
  if [ $status -eq 0 ]; then
    echo "ok $name"
    passed=$((passed + 1))
  else
    echo "not ok $name"
    sed 's/^/  /' "$log"
    failed=$((failed + 1))
  fi
}

# What a C programmer's machine has, and no more.
clean_path() {
  local tool found
  mkdir "$work/bin"
  for tool in cc gcc c++ g++ ld as ar ranlib nm objcopy strip cmake make ninja pkg-config sh bash \
    env cat ls mkdir rm mv cp ln sed grep awk sort uname true false test dirname basename flock; do
    if found=$(command -v "$tool"); then ln -s "$found" "$work/bin/$tool"; fi
  done
}
without_swift() {
  env -i PATH="$work/bin" HOME="$work" \
    PKG_CONFIG_PATH="$prefix/lib/pkgconfig:$prefix/$multiarch/pkgconfig" "$@"
}
no_swift_there() { ! without_swift sh -c 'command -v swift || command -v swiftc'; }

soname_is() { readelf -d "$1" | grep "SONAME.*\[$2\]" >/dev/null; }
needs_only() { # LIBRARY ALLOWED-PATTERN
  local others
  others=$(readelf -d "$1" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -vE "^($2)\.so" || true)
  [ -z "$others" ] || { echo "needs $others"; return 1; }
}
system='libc|libm|libstdc\+\+|libgcc_s|ld-linux-[a-z0-9-]+'
at_most() { [ "$(stat -Lc %s "$1")" -le "$2" ]; }
# The toolchain's folder is what leads to swift; /usr would be in any file.
names_no_place() {
  local toolchain
  toolchain=$(dirname "$(dirname "$(realpath "$(command -v swift)")")")
  ! grep -rlF -e "$root" -e "$work" "$prefix" || return 1
  [ "$toolchain" = /usr ] || ! grep -rlF -e "$toolchain" "$prefix"
}
loads_no_swift() { ! ldd "$1" | grep -iE 'swift|dispatch|not found'; }

# build OUT SOURCE PACKAGES FLAGS...: from the work folder, so that nothing of the tree is found.
build() {
  local out=$work/$1 source=$tests/$2 packages=$3
  shift 3
  local compiler=cc
  [ "${source##*.}" != cpp ] || compiler=c++
  # shellcheck disable=SC2086,SC2046,SC2016 # words, expanded in there
  (cd "$work" && without_swift sh -ec '
    compiler=$1 out=$2 source=$3 packages=$4
    shift 4
    flags=$(pkg-config --cflags --libs $packages)
    exec $compiler -Wall -Wextra -Werror -O1 -o $out $source "$@" $flags' \
    sh $compiler "$out" "$source" "$packages" -pthread "$@")
}
run() {
  local program=$work/$1
  shift
  without_swift "$program" "$@"
}
build_and_run() {
  build "$@"
  loads_no_swift "$work/$1"
  run "$1"
}
with_cmake() { # FOLDER
  without_swift cmake -S "$tests" -B "$work/$1" -DCMAKE_PREFIX_PATH="$prefix" \
    -DTENON_DISPATCH_INCLUDE_DIR="$(dirname "$runtime")" -DTENON_DISPATCH_LIBRARY="$runtime/libdispatch.so" \
    -DTENON_BLOCKS_LIBRARY="$runtime/libBlocksRuntime.so"
  without_swift cmake --build "$work/$1"
  local program
  for program in promise-tenon promise-tenon_static futures-default futures-20 loop-uv loop-uv_static loop-epoll \
    awaits-uv inspect inspect_static; do
    loads_no_swift "$work/$1/$program"
    run "$1/$program"
  done
  run "$1/loop-dispatch"
}
has_a_module_for_each_loop() {
  local loop
  while read -r loop _; do without_swift pkg-config --exists --print-errors "tenon-$loop" || return 1; done \
    <"$root/packaging/loops.txt"
}
# Without a shared library of Tenon's, whatever the linker found first.
is_static() { ! readelf -d "$work/$1" | grep 'NEEDED.*libtenon'; }

# Programs find the library where they are told, too: the prefix that they were built with is gone.
moved_program() { env -i LD_LIBRARY_PATH="$prefix/lib" "${@:2}" "$work/$1"; }

# looked_into PROGRAM IMAGE: `tenon` finds out what it waits for; Tenon is in the file that is named so.
looked_into() {
  local pid
  coproc "$work/$1"
  trap 'kill -KILL $COPROC_PID' EXIT
  read -r -t 60 _ pid <&"${COPROC[0]}"
  env -i "$installed/bin/tenon" ps --json "$pid" >"$work/$1.json"
  "$root/Tests/Inspect/find.py" "$2" executor 'name=stuck loop' <"$work/$1.json"
  "$root/Tests/Inspect/find.py" "$2" future state=pending - \
    future 'cause=is pending: nobody has settled its promise' <"$work/$1.json"
}
bundle_looked_into() {
  prefix=$author
  build words-stuck stuck.c words "-Wl,-rpath,$author/lib"
  looked_into words-stuck libwords.so.1.2.3
}

# What a Swift author types.
bundle() {
  env PACKAGE="$work/words" PRODUCT=words PREFIX="$author" "$@" "$root/packaging/bundle.sh"
}
bundle_exports() {
  diff <(exported "$words") \
    <(LC_ALL=C sort "$root/packaging/tenon.symbols" - <<<$'words_count\nwords_started')
}
build_words() {
  prefix=$author
  build_and_run words-client words.c words "-Wl,-rpath,$author/lib"
}
refused() { # WHY COMMAND...
  local why=$1 output
  shift
  if output=$("$@" 2>&1); then echo "not refused"; return 1; fi
  grep "$why" <<<"$output" || { echo "$output"; return 1; }
}
# What else a bundle may be made of, each in a prefix of its own.
has_debug_information() { readelf -S "$1" | grep '\.debug_info' >/dev/null; }
is_bare() { ! readelf -S "$1" | grep -E '\.(debug_info|symtab)'; }
bundle_debug() {
  bundle CONFIGURATION=debug PREFIX="$work/debug"
  has_debug_information "$work/debug/lib/libwords.so.0.0.0"
  prefix=$work/debug
  build_and_run words-debug words.c words "-Wl,-rpath,$work/debug/lib"
}
bundle_unstripped() {
  bundle STRIP=no PREFIX="$work/unstripped"
  has_debug_information "$work/unstripped/lib/libwords.so.0.0.0"
  nm "$work/unstripped/lib/libwords.so.0.0.0" | grep ' t words_internal' >/dev/null
}
bundle_split() {
  bundle STRIP=split PREFIX="$work/split" VERSION=1.2.3
  local library=$work/split/lib/libwords.so.1.2.3
  is_bare "$library"
  has_debug_information "$library.debug"
  readelf -p .gnu_debuglink "$library" | grep -F libwords.so.1.2.3.debug
  diff <(exported "$library") <(exported "$words")
}
bundle_with_uv() {
  bundle UV=yes PREFIX="$work/with-uv"
  [ -f "$work/with-uv/include/words/tenon/uv.h" ]
  prefix=$work/with-uv
  build_and_run words-uv uv.c words "-Wl,-rpath,$work/with-uv/lib"
}
bundle_other_product() {
  bundle PRODUCT=letters PREFIX="$work/letters"
  [ ! -e "$work/letters/include/letters/words.h" ]
  diff <(exported "$work/letters/lib/libletters.so" | grep -v '^tenon_') \
    - <<<letters_count
}
bundle_refuses_missing() {
  sed -i 's/^int64_t words_started/void words_missing(int x); &/' \
    "$work/words/Sources/CWords/include/words.h"
  refused 'not defined as a public @c function: words_missing' bundle STRIP=split
}
bundle_wants_dynamic() {
  sed -i 's/, type: .dynamic//' "$work/words/Package.swift"
  refused 'type: .dynamic' bundle STRIP=split
}

two_copies() {
  without_swift env TENON_REPORT_COPIES=1 "$work/copies" "$lib/libtenon.so" "$words" \
    >"$work/copies.out" 2>"$work/copies.err"
  grep "loaded twice, in .*libtenon.so and in .*libwords.so" "$work/copies.err"
}
two_copies_are_quiet() {
  run copies "$lib/libtenon.so" "$words" 2>&1 >"$work/copies.out" | tee "$work/copies.err"
  [ ! -s "$work/copies.err" ]
}
unloaded() { [ "$(run unload "$work/$1" 2>&1)" = unloaded ]; }
one_copy() {
  local output
  output=$(moved_program promise TENON_REPORT_COPIES=1 2>&1)
  [[ $output =~ ^promise\ [0-9.]+$ ]] || { echo "$output"; return 1; }
}

echo "# libraries"
check install env PREFIX="$prefix" "$root/packaging/install.sh"
lib=$prefix/lib
installed=$prefix
[ -e "$lib/libtenon.so" ] || { echo "$passed passed, $failed failed"; exit 1; }
check libtenon-exports-the-contract "$root/packaging/check-abi.sh" "$lib/libtenon.so"
check libtenon_uv-exports-the-contract "$root/packaging/check-abi.sh" "$lib/libtenon_uv.so"
check libtenon_inspect-exports-the-contract "$root/packaging/check-abi.sh" "$lib/libtenon_inspect.so"
check libtenon_inspect-is-self-contained needs_only "$lib/libtenon_inspect.so" "$system"
check libtenon_inspect-is-at-most-8-MB at_most "$lib/libtenon_inspect.so" $size_max
check libtenon-soname soname_is "$lib/libtenon.so" libtenon.so.0
check libtenon_uv-soname soname_is "$lib/libtenon_uv.so" libtenon_uv.so.0
check libtenon-is-self-contained needs_only "$lib/libtenon.so" "$system"
check libtenon_uv-needs-libtenon-and-libuv needs_only "$lib/libtenon_uv.so" "$system|libtenon|libuv"
check libtenon-stays-loaded sh -c "readelf -d '$lib/libtenon.so' | grep NODELETE >/dev/null"
# What a library has for others: by the table of the loader's, or, of a static one, by nm's --extern-only.
exported() { # LIBRARY [WHICH]
  nm --defined-only "${2:---dynamic}" "$1" |
    awk '$2 ~ /[A-Z]/ && $2 != "A" { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u
}
exports_the_same() { # SHARED STATIC
  diff <(exported "$1") <(exported "$2" --extern-only)
}
is_hardened() { # LIBRARY
  readelf -dW "$1" | grep 'FLAGS.*BIND_NOW' >/dev/null && readelf -lW "$1" | grep GNU_RELRO >/dev/null
  ! readelf -lW "$1" | grep -E 'LOAD.* RWE|GNU_STACK.*RWE' && ! readelf -dW "$1" | grep TEXTREL
}
check libtenon-is-hardened is_hardened "$lib/libtenon.so"
check libtenon_uv-is-hardened is_hardened "$lib/libtenon_uv.so"
check libtenon-is-at-most-8-MB at_most "$lib/libtenon.so" $size_max
check installed-files-name-no-place names_no_place

echo "# C and C++ without Swift"
clean_path
check no-swift-on-the-path no_swift_there
rpath=-Wl,-rpath,$lib
check pkg-config-promise build_and_run promise promise.c tenon "$rpath"
check pkg-config-uv build_and_run uv uv.c tenon-uv "$rpath"
check pkg-config-uv-in-c++ build_and_run awaits awaits.cpp tenon-uv -std=c++17 "$rpath"
check pkg-config-inspect build_and_run inspect ../Inspect/snapshot_test.c "tenon tenon-inspect" "$rpath" -pthread
for libraries in "tenon-static tenon-inspect-static" "tenon tenon-inspect-static" "tenon-static tenon-inspect"; do
  check "static-inspect: $libraries" build_and_run inspect-static ../Inspect/snapshot_test.c "$libraries" "$rpath" -pthread
done
check static-inspect-collected build_and_run inspect-small ../Inspect/snapshot_test.c "tenon-static tenon-inspect-static" \
  -pthread -Wl,--gc-sections -s
check static-inspect-exports-the-contract exports_the_same "$lib/libtenon_inspect.so" "$lib/libtenon_inspect.a"
check pkg-config-c++ build_and_run client client.cpp tenon "$rpath"
check pkg-config-futures build_and_run futures futures.cpp tenon -std=c++17 "$rpath"
check pkg-config-epoll build_and_run epoll epoll.c "tenon-epoll tenon-adapter-check" "$rpath"
check pkg-config-of-each-loop has_a_module_for_each_loop
check static-futures build_and_run futures-static futures.cpp tenon-static -std=c++20
check static-promise build_and_run promise-static promise.c tenon-static
check static-uv build_and_run uv-static uv.c tenon-uv-static
check static-c++ build_and_run client-static client.cpp tenon-static
check static-c++-collected build_and_run client-small client.cpp tenon-static -Wl,--gc-sections -s
check static-is-static is_static client-static
check static-uv-is-static is_static uv-static
check static-executable build promise-fully promise.c "--static tenon" -static
check static-executable-runs run promise-fully
check cmake with_cmake cmake

echo "# seen from outside"
check stuck-builds build stuck stuck.c tenon "$rpath"
check looked-into looked_into stuck "$(basename "$(realpath "$lib/libtenon.so")")"
check stuck-stripped-builds build stuck-stripped stuck.c tenon-static -s -Wl,--gc-sections
check static-stripped-looked-into looked_into stuck-stripped stuck-stripped
check stuck-fully-static-builds build stuck-fully stuck.c "--static tenon" -static
check fully-static-looked-into looked_into stuck-fully stuck-fully

echo "# plugins and forks"
check plugin-builds build plugin.so plugin.c tenon-static -fPIC -shared
check unload-builds build unload unload.c tenon -Wl,--as-needed
check plugin-may-be-unloaded unloaded plugin.so
check keys-of-threads-are-left-alone build_and_run keys keys.c tenon "$rpath"
check static-keys-of-threads-are-left-alone build_and_run keys-static keys.c tenon-static
check address-sanitizer-runs build_and_run promise-sanitized promise.c tenon "$rpath" -fsanitize=address
check fork-builds build fork fork.c tenon "$rpath"
check forks-children-do-not-hang run fork 300
check static-fork-builds build fork-static fork.c tenon-static
check static-forks-children-do-not-hang run fork-static 300
check inspect-forks-child-knows-its-thread build_and_run forked-look forked-look.c "tenon tenon-inspect" "$rpath"
check static-inspect-forks-child-knows-its-thread build_and_run forked-look-static forked-look.c \
  "tenon-static tenon-inspect-static"

echo "# other places"
check libdir-and-destdir env PREFIX=/usr LIBDIR="$multiarch" DESTDIR="$work/destdir" \
  "$root/packaging/install.sh"
check without-swift-installs-what-was-built env PATH="$work/bin" PREFIX="$work/copied" \
  LIBDIR="$multiarch" "$root/packaging/install.sh"
prefix=$work/copied
check libdir-pkg-config build_and_run promise-libdir promise.c tenon \
  "-Wl,-rpath,$prefix/$multiarch"
check libdir-cmake with_cmake cmake-libdir
prefix=$work/moved
mv "$work/prefix" "$prefix"
installed=$prefix
check moved-program moved_program uv
check moved-pkg-config build_and_run uv-moved uv.c tenon-uv "-Wl,-rpath,$prefix/lib"
check moved-cmake with_cmake cmake-moved
lib=$prefix/lib

echo "# a Swift package for C"
ln -s "$root" "$work/tenon" # SwiftPM names a package after its folder
cp -R "$tests/author-package" "$work/words"
sed -i 's|TENON_PATH|../tenon|' "$work/words/Package.swift"
check bundle bundle VERSION=1.2.3
words=$author/lib/libwords.so
check bundle-exports-tenon-and-the-headers bundle_exports
check bundle-is-self-contained needs_only "$words" "$system"
check bundle-soname soname_is "$words" libwords.so.1
check bundle-called-from-C build_words
check bundle-owns-the-process run words-client owned
check bundle-looked-into bundle_looked_into
[ "${1:-}" != all ] || check bundle-for-debuggers bundle_debug
check bundle-with-libuv bundle_with_uv
[ "${1:-}" != all ] || check bundle-of-another-product bundle_other_product
check bundle-refuses-a-wrong-variant refused 'STRIP is yes, no or split' bundle STRIP=maybe
# With symbols all is compiled anew, so what follows has them, too.
check bundle-with-a-debug-file bundle_split
[ "${1:-}" != all ] || check bundle-not-stripped bundle_unstripped
check bundle-refuses-what-is-not-there bundle_refuses_missing
check bundle-wants-a-dynamic-product bundle_wants_dynamic

echo "# two copies in a process"
check copies-builds build copies copies.c tenon -Wl,--as-needed
check two-copies-are-told-who-asks two_copies
check two-copies-are-quiet two_copies_are_quiet
check one-copy-is-not-told one_copy

echo "# numbers"
size() { echo "$1: $(stat -Lc %s "$2") bytes"; }
size libtenon.so "$lib/libtenon.so"
size libtenon.a "$lib/libtenon.a"
size libtenon_uv.so "$lib/libtenon_uv.so"
size "C++ program, static" "$work/client-static"
size "C++ program, static, collected" "$work/client-small"
size "author's libwords.so" "$words"
check load-builds build load load.c tenon -Wl,--as-needed
for _ in 1 2 3 4 5; do run load "$lib/libtenon.so" || true; done | sort -n |
  awk 'NR == 3 { print "load: " $1 " us, first call: " $2 " us (median of 5 loads)" }'
awk '{ print "a handle of the other copy answers: " $1 }' "$work/copies.out" || true

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
