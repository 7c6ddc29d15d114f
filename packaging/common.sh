# What install.sh, bundle.sh, addon.sh, node-inspect.sh and wheel.sh share. To be sourced.

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

packaging=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# tenon_version INCLUDE-DIRECTORY
tenon_version() {
  awk '/^#define TENON_VERSION_(MAJOR|MINOR|PATCH) / { v = v (v == "" ? "" : ".") $3 }
       END { print v }' "$1/tenon/version.h"
}

# What has all allocations of a library go through Sources/CReserve/tenon_wrapped.h: for the compiler, and for the linker. Not for a
# bundle, whose author may hand memory out to be freed.
reserve_compile_flags=(-Xcc -DTENON_RESERVES_MEMORY)
# Without a hash in each object that is another one in each build: two builds are the same to the bit.
reproducible=(-Xswiftc -Xfrontend -Xswiftc -disable-incremental-llvm-codegen)
# What distributions build C with.
hardening=(-D_FORTIFY_SOURCE=2 -fstack-protector-strong)
[ "$(uname -m)" != x86_64 ] || hardening+=(-fcf-protection)
reserve_link_flags=()
for function in malloc calloc realloc free posix_memalign malloc_usable_size strdup eventfd _Znwm _ZnwmSt11align_val_t _ZdlPvm \
  _ZdlPvmSt11align_val_t; do
  reserve_link_flags+=("--wrap=$function")
done
# What build_library has the compilers do besides.
compile_flags=()

# build_library PACKAGE PRODUCT SCRATCH MAP SONAME FILE [CONFIGURATION [SYMBOLS [OBJECT...]]]: links
# the dynamic product, and what else is named, into FILE, with the Swift runtime inside and nothing
# visible but what the version script MAP names. SYMBOLS: stripped, or kept for a debugger.
#
# Each flag has its reason:
#   -static-stdlib        SwiftPM's own --static-swift-stdlib does nothing for a dynamic product
#   -use-ld=lld           comes with Swift; gold leaves local symbols in the dynamic table
#   --undefined-version   the same flags reach macro tools, which lack our symbols
#   -z nodelete           Swift's and Dispatch's threads cannot survive an unload
#   -z relro -z now       what the loader has written is read-only from then on
#   -s                    symbols are two megabytes of ten
#   --disable-local-rpath no $ORIGIN in a library that needs only the system's
build_library() {
  local package=$1 product=$2 scratch=$3 map=$4 soname=$5 file=$6
  local configuration=${7:-release} symbols=${8:-stripped}
  mkdir -p "$scratch"
  local flags=(-c "$configuration" --package-path "$package" --scratch-path "$scratch" --product "$product"
    --disable-local-rpath -Xswiftc -static-stdlib -Xswiftc -use-ld=lld "${compile_flags[@]}")
  local word words=("--version-script=$map" --undefined-version "-soname=$soname" -z nodelete -z relro -z now "${@:9}")
  # shellcheck disable=SC2206 # SWIFTFLAGS are words
  flags+=(${SWIFTFLAGS:-})
  if [ "$symbols" = stripped ]; then words+=(-s); else flags+=(-Xswiftc -g -Xcc -g); fi
  for word in "${words[@]}"; do flags+=(-Xlinker "$word"); done
  # SwiftPM does not see that a map changed: the linked file must go.
  rm -f "$scratch/$configuration/lib$product.so"
  swift build "${flags[@]}" >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    die "swift build failed"
  }
  [ -f "$scratch/$configuration/lib$product.so" ] ||
    die "no lib$product.so: is '$product' a product of Package.swift, with type: .dynamic?"
  install -m 755 "$scratch/$configuration/lib$product.so" "$file"
  if readelf -d "$file" | grep -E 'NEEDED.*lib(swift|dispatch|BlocksRuntime|Foundation)' >&2; then
    die "$file still needs Swift's own libraries"
  fi
}

# What looks into processes takes memory in any amount, and has more of a reserve: see Sources/CReserve/reserve.c.
inspect_link_flags=()
for function in malloc calloc realloc free posix_memalign aligned_alloc malloc_usable_size strdup; do
  inspect_link_flags+=("--wrap=$function")
done

# Where C++'s library is to be linked from, if it can be: what it allocates is the library's own then, too.
libstdcpp() {
  local file
  file=$("${CXX:-c++}" -print-file-name=libstdc++.a)
  [ ! -f "$file" ] || echo "$file"
}

# build_inspect SCRATCH SONAME FILE: libtenon_inspect.so.
build_inspect() {
  local file
  file=$(libstdcpp)
  if [ -n "$file" ]; then
    mkdir -p "$1/static"
    ln -sf "$file" "$1/static/libstdc++.a"
    compile_flags+=(-Xswiftc "-L$1/static")
  fi
  compile_flags+=("${reserve_compile_flags[@]}" -Xswiftc -Osize) # most of it prints
  build_library "$packaging/.." tenon_inspect "$1" "$packaging/tenon.map" "$2" "$3" release stripped \
    "${inspect_link_flags[@]}"
}

# build_objects PACKAGE PRODUCT SCRATCH CONFIGURATION: the same without what only the link needs: for what plugins write.
build_objects() {
  mkdir -p "$3"
  # shellcheck disable=SC2086 # SWIFTFLAGS are words
  swift build -c "$4" --package-path "$1" --scratch-path "$3" --product "$2" --disable-local-rpath \
    -Xswiftc -static-stdlib -Xswiftc -use-ld=lld ${SWIFTFLAGS:-} >"$3/log" 2>&1 || {
    cat "$3/log" >&2
    die "swift build failed"
  }
}

# product_members PACKAGE PRODUCT SCRATCH: the targets of the package that are in the product, a line for each.
product_members() {
  swift package --package-path "$1" --scratch-path "$3" describe --type json |
    awk -v product="\"$2\"" '
      /^  "/ { in_targets = /^  "targets"/ }
      !in_targets { next }
      /^      "name" : / { split($0, part, "\""); name = part[4] }
      /^      "product_memberships"/ { in_products = 1; next }
      /\]/ { in_products = 0 }
      in_products && index($0, product) { print name }'
}

# The folder with node_api.h: $NODE_HEADERS, otherwise that of the node on the PATH, or the system's.
node_headers() {
  local folder headers=${NODE_HEADERS:-}
  for folder in "$(dirname "$(readlink -f "$(command -v node || echo /usr/bin/node)")")/../include/node" /usr/include/node; do
    if [ -z "$headers" ] && [ -f "$folder/node_api.h" ]; then headers=$folder; fi
  done
  [ -n "$headers" ] || die "no node_api.h: set NODE_HEADERS"
  echo "$headers"
}

# module_folder PACKAGE PRODUCT SCRATCH KIND FILE: the folder where the plugin has written FILE, a pattern, for the product's
# module: the one that no other uses. KIND is what is made of it. The caller has modules FOLDER, which prints those in a folder,
# its own last.
module_folder() {
  local own target file folder folders=() found=() used
  own=$(basename "$1" | tr '[:upper:]' '[:lower:]')
  while read -r target; do
    for file in "$3/plugins/outputs/$own/$target/destination/TenonBindgen"/$5; do
      if [ -f "$file" ]; then folders+=("$(dirname "$file")"); fi
    done
  done < <(product_members "$1" "$2" "$3")
  [ ${#folders[@]} -gt 0 ] || die "$1 exports nothing: does a target of $2 use the plugin TenonBindgen?"
  used=$(for folder in "${folders[@]}"; do modules "$folder" | sed '$d'; done)
  for folder in "${folders[@]}"; do
    if ! grep -qx "$(modules "$folder" | tail -n 1)" <<<"$used"; then found+=("$folder"); fi
  done
  [ ${#found[@]} = 1 ] || die "$4 is of one module and those that it uses, and these export: ${found[*]}"
  echo "${found[0]}"
}

# links FILE: lib.so.0.1.0 gets lib.so.0 and lib.so beside it
links() {
  local name
  name=$(basename "$1")
  ln -sf "$name" "${1%.*.*}"
  ln -sf "$(basename "${1%.*.*}")" "${1%.*.*.*}"
}

# fill FILE.in FILE NAME=VALUE...
fill() {
  local from=$1 to=$2 pair script=
  shift 2
  for pair in "$@"; do script+="s|@${pair%%=*}@|${pair#*=}|g;"; done
  mkdir -p "$(dirname "$to")"
  sed "$script" "$from" >"$to"
}

# way_up DIRECTORY: lib/pkgconfig is ../..
way_up() { sed 's|[^/][^/]*|..|g' <<<"$1"; }
