#!/usr/bin/env bash
# Turns a Swift package that depends on Tenon into one shared library for C: the package, Tenon and
# the Swift runtime inside, with headers and a pkg-config file. Usually called as
#
#   make bundle PACKAGE=path/to/package PRODUCT=greeter PREFIX=/usr/local
#
#   PRODUCT  a product of the package: .library(name: "greeter", type: .dynamic, targets: [...])
#   VERSION  of the library (0.0.0); the first number is the SONAME's
#   HEADERS  the folders with the public C headers, relative to the package; otherwise the `include`
#            of each target that the product is made of
#   CONFIGURATION     release, or debug: not optimized
#   STRIP    yes; no: symbols and debug information stay in the library; split: they go into
#            libgreeter.so.1.2.3.debug beside it, where debuggers look. Of a debug build: no
#   UV       yes: with the libuv adapter and <tenon/uv.h>, also when the package does not use TenonUV
#   DESTDIR, LIBDIR   as for `make install`
#   CPPFLAGS  what else the C preprocessor needs to read the headers
#   SWIFTFLAGS        what else `swift build` is given, such as --traits or -Xswiftc -DNAME
#
# The headers say what is exported: each function that they declare, and Tenon's. So such a function
# is public and @c in Swift, and one that is declared and not there is an error.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ -n "${PACKAGE:-}" ] && [ -n "${PRODUCT:-}" ] && [ -n "${PREFIX:-}" ] ||
  die "set PACKAGE, PRODUCT and PREFIX"
command -v swift >/dev/null || die "no swift on the PATH"
package=$(cd "$PACKAGE" && pwd)
product=$PRODUCT
prefix=$PREFIX
libdir=${LIBDIR:-lib}
version=${VERSION:-0.0.0}
major=${version%%.*}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "VERSION is not of the form 1.2.3: $version"
configuration=${CONFIGURATION:-release}
case $configuration in
release) strip=${STRIP:-yes} ;;
debug) strip=${STRIP:-no} ;;
*) die "CONFIGURATION is release or debug: $configuration" ;;
esac
[[ $strip =~ ^(yes|no|split)$ ]] || die "STRIP is yes, no or split: $strip"
[[ ${UV:=no} =~ ^(yes|no)$ ]] || die "UV is yes or no: $UV"
build=$package/.build/bundle
stage=$build/stage
include=$stage/include/$product

# The Tenon that the package depends on, not the one that this script came with.
tenon=$(swift package --package-path "$package" --scratch-path "$build" \
  show-dependencies --format json | sed -n 's/^ *"path": "\(.*\)",\{0,1\}$/\1/p' |
  while read -r path; do
    if [ -f "$path/include/tenon/tenon.h" ]; then echo "$path"; fi
  done | sed -n 1p)
[ -n "$tenon" ] || die "$package does not depend on Tenon"

# Tenon's headers lie beside the package's own, in a folder of the product's: two bundles, and Tenon
# itself, can share a prefix.
rm -rf "$stage"
mkdir -p "$include/tenon" "$stage/$libdir"
folders=()
members=$(product_members "$package" "$product" "$build")
if [ -n "${HEADERS:-}" ]; then
  read -ra patterns <<<"$HEADERS"
else
  # Another product of the package has functions of its own, which are not in this one.
  mapfile -t patterns < <(swift package --package-path "$package" --scratch-path "$build" \
    describe --type json | awk -v product="\"$product\"" '
      /^  "/ { in_targets = /^  "targets"/ }
      !in_targets { next }
      /^      "path" : / { split($0, part, "\""); path = part[4] }
      /^      "product_memberships"/ { in_products = 1; next }
      /\]/ { in_products = 0 }
      in_products && index($0, product) { print path ~ /(^|\/)include$/ ? path : path "/include" }')
fi
# What tenon-bindgen makes of @Export is there once the package has been built.
if grep -q TenonBindgen "$package/Package.swift"; then
  build_objects "$package" "$product" "$build" "$configuration"
  own=$(basename "$package" | tr '[:upper:]' '[:lower:]')
  while read -r folder; do
    target=${folder#"$build/plugins/outputs/$own/"}
    # Another product's, which an earlier build has left.
    if [ "$target" != "$folder" ] && ! grep -qx "${target%%/*}" <<<"$members"; then continue; fi
    folders+=("$folder")
  done < <(find "$build/plugins/outputs" -path '*/TenonBindgen/include' -type d 2>/dev/null)
fi
for pattern in "${patterns[@]}"; do
  for folder in "$package"/$pattern; do # the pattern is expanded in the package
    if [ -n "$(find "$folder" -name '*.h' 2>/dev/null)" ]; then folders+=("$folder"); fi
  done
done
[ ${#folders[@]} -gt 0 ] || die "no C headers in $package: what should be exported? See HEADERS"
for folder in "${folders[@]}"; do
  (cd "$folder" && find . \( -name '*.h' -o -name '*.hpp' \) -exec cp --parents -t "$include" {} +)
done
mapfile -t headers < <(find "$include" -name '*.h')
(cd "$tenon/include/tenon" && find . -type f -exec install -D -m 644 {} "$include/tenon/{}" \;)

# shellcheck disable=SC2086 # CPPFLAGS are words
"$packaging/declared.sh" "$include" "${headers[@]}" -- "-I$include" ${CPPFLAGS:-} \
  $(pkg-config --cflags libuv 2>/dev/null || true) >"$build/all-declared"
grep -v '^tenon_' "$build/all-declared" >"$build/declared" ||
  die "no function is declared in ${folders[*]}"

node=$(tr '[:lower:]' '[:upper:]' <<<"$product" | sed 's/[^A-Z0-9]/_/g')_$major
{
  cat "$packaging/tenon.map"
  echo "$node { global:"
  sed 's/$/;/' "$build/declared"
  echo "};"
} >"$build/map"

file=$stage/$libdir/lib$product.so.$version
symbols=stripped
[ "$strip" = yes ] || symbols=kept
link() { # objects...
  build_library "$package" "$product" "$build" "$build/map" "lib$product.so.$major" "$file" \
    "$configuration" "$symbols" "$@"
  nm --dynamic --defined-only "$file" | awk '$2 ~ /[A-Z]/ && $2 != "A" { print $3 }' |
    sed 's/@.*//' | LC_ALL=C sort >"$build/exported"
}
link
if [ "$UV" = yes ] && ! grep -q '^tenon_uv_' "$build/exported"; then
  # shellcheck disable=SC2046 # flags are words
  "${CC:-cc}" -O2 -g -fPIC -I"$tenon/include" $(pkg-config --cflags libuv) -c \
    "$tenon/Sources/TenonUVLoop/uv.c" -o "$build/uv.o"
  # shellcheck disable=SC2046
  link "$build/uv.o" $(pkg-config --libs libuv)
fi
if [ "$strip" = split ]; then
  objcopy=${OBJCOPY:-objcopy}
  "$objcopy" --only-keep-debug "$file" "$file.debug"
  "$objcopy" --strip-all --add-gnu-debuglink="$file.debug" "$file"
  chmod 644 "$file.debug"
fi
links "$file"

missing=$(LC_ALL=C comm -23 "$build/declared" "$build/exported" | tr '\n' ' ')
[ -z "$missing" ] || die "declared, but not defined as a public @c function: $missing"
grep -q '^tenon_' "$build/exported" || die "$product has no Tenon in it"

# <tenon/uv.h> and <tenon/uv.hpp> go with the adapter, if that is inside.
requires=
if grep -q '^tenon_uv_' "$build/exported"; then requires=libuv; else rm -rf "$include/tenon/uv"{,.h,.hpp}; fi
fill "$packaging/bundle.pc.in" "$stage/$libdir/pkgconfig/$product.pc" NAME="$product" \
  VERSION="$version" LIBDIR="$libdir" UP="$(way_up "$libdir/pkgconfig")" REQUIRES="$requires"

mkdir -p "${DESTDIR:-}$prefix"
cp -a --no-preserve=ownership "$stage/." "${DESTDIR:-}$prefix/"
echo "installed $product $version in ${DESTDIR:-}$prefix"
