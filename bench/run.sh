#!/usr/bin/env bash
# Builds Tenon, the measuring programs and what they are compared with, then measures. What is
# missing of the peers is installed from Debian. Arguments: the workloads to measure, or none for all.
set -euo pipefail
cd "$(dirname "$0")/.."
unset MAKEFLAGS MAKELEVEL
export BUILD=${BUILD:-$PWD/.build-bench}
export TENON_PREFIX=${TENON_PREFIX:-$BUILD/prefix}

packages=(libuv1-dev libglib2.0-dev libevent-dev libev-dev libsystemd-dev liburing-dev qt6-base-dev libboost-dev libboost-thread-dev libasio-dev libconcurrentqueue-dev librust-tokio-dev librust-futures-dev
  librust-async-executor-dev librust-async-channel-dev librust-flume-dev librust-crossbeam-channel-dev librust-rayon-dev libtbb-dev libprotobuf-c-dev
  protobuf-c-compiler pkg-config valgrind)
missing=()
for package in "${packages[@]}"; do
  dpkg -s "$package" > /dev/null 2>&1 || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "bench: please install ${missing[*]}" >&2
    exit 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" > /dev/null
fi
command -v cargo > /dev/null || echo "bench: no cargo, so the peers in Rust are skipped" >&2

mkdir -p "$BUILD"
if ! make -j2 -C bench peers tenon > "$BUILD/build.log" 2>&1; then
  tail -30 "$BUILD/build.log" >&2
  echo "bench: the build failed; all of it is in $BUILD/build.log" >&2
  exit 1
fi
exec python3 -B bench/run.py "$@"
