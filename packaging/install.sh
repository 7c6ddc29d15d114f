#!/usr/bin/env bash
# Installs Tenon for C and C++. Usually called as `make install PREFIX=... [DESTDIR=...]`.
#
#   PREFIX   where it is to be (/usr/local)
#   DESTDIR  put it there instead, for packagers
#   LIBDIR   the libraries' folder in PREFIX (lib)
#
# Builds a whole prefix in .build-install/stage and copies it. Nothing in it names its place, so it
# may be moved. Where Swift is not on the PATH, as under sudo, a stage built before is copied.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/common.sh

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-lib}
version=$(tenon_version include)
major=${version%%.*}
build=$PWD/.build-install
stage=$build/stage
lib=$stage/$libdir

# One at a time: others may want it installed elsewhere.
mkdir -p "$build"
exec 9>"$build/lock"
flock 9

stage_headers() {
  mkdir -p "$stage"/include/tenon/{asio,inspect,uv} "$stage/share/doc/tenon" "$lib"
  install -m 644 LICENSE CHANGELOG.md "$stage/share/doc/tenon/"
  install -m 644 include/tenon/*.h "$stage/include/tenon/"
  for header in include/tenon/*.hpp; do
    if [ -f "$header" ]; then install -m 644 "$header" "$stage/include/tenon/"; fi
  done
  for folder in asio inspect uv; do install -m 644 include/tenon/$folder/*.hpp "$stage/include/tenon/$folder/"; done
}

stage_shared() {
  local file=$lib/libtenon.so.$version
  compile_flags=("${reserve_compile_flags[@]}" "${reproducible[@]}")
  local flag
  for flag in "${hardening[@]}"; do compile_flags+=(-Xcc "$flag"); done
  build_library . tenon "$build" "$PWD/packaging/tenon.map" "libtenon.so.$major" "$file" release stripped \
    "${reserve_link_flags[@]}"
  links "$file"
  packaging/check-abi.sh "$file"
}

# one_object PRODUCT SCRATCH FILE FLAG...: a product and the parts of the runtime that it uses, linked into one object. Section groups are
# dissolved, because the program's C++ has groups of the same names, and the linker would keep only one of each.
one_object() {
  local runtime
  runtime=$(swift -print-target-info -static-stdlib |
    sed -n '/"runtimeLibraryPaths"/,/]/s|^ *"\(/[^"]*\)".*|\1|p' | sed -n 1p)
  ld -r --force-group-allocation -o "$3" "$runtime/$(uname -m)/swiftrt.o" \
    "@$2/release/$1.product/Objects.LinkFileList" \
    --start-group "$runtime"/libswift*.a "$runtime/libdispatch.a" "$runtime/libBlocksRuntime.a" \
    --end-group "${@:4}"
}

# archive NAME OBJECT: of which only tenon_* is global: to the linker of a C or C++ program it looks like C.
archive() {
  objcopy --wildcard --keep-global-symbol='tenon_[a-z]*' --strip-unneeded "$2" "$build/$1.o"
  rm -f "$lib/lib$1.a"
  ar rcsD "$lib/lib$1.a" "$build/$1.o"
}

makes_archives() { ld --version | grep GNU >/dev/null; }

stage_static() {
  if ! makes_archives; then
    echo "install.sh: no libtenon.a: it takes GNU ld to make one" >&2
    return
  fi
  one_object tenon "$build" "$build/whole.o" "${reserve_link_flags[@]}"
  # What tools that look for races do not look at: see Sources/CThread/observe.c.
  objcopy --rename-section .data=tenon_data --rename-section .bss=tenon_bss "$build/whole.o"
  archive tenon "$build/whole.o"
}

# The libuv adapter is plain C and a client of libtenon.so: it brings no second core.
stage_uv() {
  if ! pkg-config --exists libuv; then
    echo "install.sh: no libtenon_uv: libuv is not there (Debian: libuv1-dev)" >&2
    rm -rf "$stage"/include/tenon/uv.h "$stage"/include/tenon/uv.hpp "$stage/include/tenon/uv"
    return
  fi
  local file=$lib/libtenon_uv.so.$version
  # shellcheck disable=SC2046 # the flags are words
  "${CC:-cc}" -std=gnu11 -O2 -fPIC "${hardening[@]}" -Wall -Wextra -Iinclude $(pkg-config --cflags libuv) \
    -c Sources/TenonUVLoop/uv.c -o "$build/uv.o"
  # $ORIGIN finds libtenon.so beside it, wherever the prefix has been moved to.
  # shellcheck disable=SC2046
  "${CC:-cc}" -shared -s -o "$file" "$build/uv.o" -L"$lib" -ltenon $(pkg-config --libs libuv) \
    -Wl,-soname,"libtenon_uv.so.$major" -Wl,--version-script=packaging/tenon.map \
    -Wl,-z,defs -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-rpath,'$ORIGIN'
  links "$file"
  packaging/check-abi.sh "$file"
  rm -f "$lib/libtenon_uv.a"
  ar rcsD "$lib/libtenon_uv.a" "$build/uv.o"
}

# What a program looks at itself with. It reads memory, and is nobody's client: with a runtime of its own, and without a core.
stage_inspect() {
  local file=$lib/libtenon_inspect.so.$version
  # In a folder of its own, as its flags are others: each build would make the other's objects old.
  build_inspect "$build/inspect" "libtenon_inspect.so.$major" "$file"
  links "$file"
  packaging/check-abi.sh "$file"
  makes_archives || return 0
  local section end symbol words renamed=()
  mapfile -t words < <(libstdcpp)
  one_object tenon_inspect "$build/inspect" "$build/whole.o" "${inspect_link_flags[@]}" "${words[@]}"
  # A program may have libtenon.a besides, whose runtime must not find what this one's keeps by sections' names.
  while read -r section; do
    renamed+=(--rename-section "$section=tenon_inspect_$section")
    for end in start stop; do renamed+=(--redefine-sym "__${end}_$section=__${end}_tenon_inspect_$section"); done
  done < <(objdump -h "$build/whole.o" | awk '$2 ~ /^swift5_/ { print $2 }' | sort -u)
  # What C++ has once in a program can only be made local when it is no more than weak.
  while read -r symbol; do renamed+=(--weaken-symbol="$symbol"); done < <(nm "$build/whole.o" | awk '$2 == "u" { print $3 }')
  objcopy "${renamed[@]}" "$build/whole.o"
  archive tenon_inspect "$build/whole.o"
}

# What checks an adapter of anybody's goes into his tests, and so is a static library.
stage_adapter_check() {
  local source name objects=()
  for source in Sources/TenonAdapterCheck/*.c; do
    name=$build/adapter-check-$(basename "$source" .c).o
    "${CC:-cc}" -std=gnu11 -O2 -fPIC -Wall -Wextra -Iinclude -c "$source" -o "$name"
    objects+=("$name")
  done
  rm -f "$lib/libtenon_adapter_check.a"
  ar rcsD "$lib/libtenon_adapter_check.a" "${objects[@]}"
}

# The Node adapter belongs into each addon, so its sources are installed: an addon in C compiles them.
stage_node() {
  local share=$stage/share/tenon
  mkdir -p "$share/TenonNodeLoop/uv" "$share/TenonUVLoop"
  install -m 644 Sources/TenonNodeLoop/*.[ch] "$share/TenonNodeLoop/"
  install -m 644 Sources/TenonNodeLoop/uv/uv.h "$share/TenonNodeLoop/uv/"
  install -m 644 Sources/TenonUVLoop/uv.c "$share/TenonUVLoop/"
}

# What looks into processes, which brings its own runtime.
stage_inspector() {
  local program
  program=$(packaging/inspector.sh .build-inspect)
  install -D -m 755 "$program" "$stage/bin/tenon"
}

stage_descriptions() {
  local template name loop requires libs values=(VERSION="$version" MAJOR="$major" LIBDIR="$libdir"
    MINOR="$(cut -d. -f2 <<<"$version")" UP="$(way_up "$libdir/pkgconfig")")
  for template in packaging/*.pc.in packaging/*.cmake.in; do
    name=$(basename "$template" .in)
    case $name in
      bundle.pc) continue ;; # bundle.sh's
      tenon-loop.pc) continue ;; # below
      tenon-static.pc) [ -f "$lib/libtenon.a" ] || continue ;;
      tenon-inspect-static.pc) [ -f "$lib/libtenon_inspect.a" ] || continue ;;
      tenon-uv.pc) [ -f "$lib/libtenon_uv.so" ] || continue ;;
      tenon-uv-static.pc) [ -f "$lib/libtenon.a" ] && [ -f "$lib/libtenon_uv.a" ] || continue ;;
    esac
    case $name in
      *.pc) fill "$template" "$lib/pkgconfig/$name" "${values[@]}" ;;
      *) fill "$template" "$lib/cmake/Tenon/$name" "${values[@]}" ;;
    esac
  done
  # Adapters that are a header: what it needs besides, by pkg-config or as a library.
  while read -r loop requires libs; do
    [ "$requires" != - ] || requires=
    fill packaging/tenon-loop.pc.in "$lib/pkgconfig/tenon-$loop.pc" "${values[@]}" LOOP="$loop" \
      REQUIRES="${requires:+, $requires}" LIBS="$libs"
  done <packaging/loops.txt
}

if command -v swift >/dev/null; then
  rm -rf "$stage"
  stage_headers
  stage_shared
  stage_static
  stage_uv
  stage_inspect
  stage_adapter_check
  stage_node
  stage_inspector
  stage_descriptions
elif [ ! -f "$lib/libtenon.so" ]; then
  die "no swift on the PATH, and nothing built before for LIBDIR=$libdir"
fi

mkdir -p "${DESTDIR:-}$prefix"
cp -a --no-preserve=ownership "$stage/." "${DESTDIR:-}$prefix/"
echo "installed Tenon $version in ${DESTDIR:-}$prefix"
