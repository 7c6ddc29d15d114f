#!/usr/bin/env bash
# Installs the Debian packages that are missing; says which, where it may not.
set -euo pipefail
missing=()
need() { # command-or-file package
  { command -v "$1" > /dev/null || [ -e "$1" ]; } || missing+=("$2")
}
need gcc gcc
need g++ g++
need cmake cmake
need pkg-config pkg-config
need clang-format clang-format
need valgrind valgrind
need abidiff abigail-tools
need /usr/include/relacy/relacy.hpp relacy-dev
need gcore gdb
need tmux tmux
need python3 python3
python3 -c 'import os, sysconfig; raise SystemExit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' 2> /dev/null || missing+=(python3-dev)
python3 -c 'import ensurepip' 2> /dev/null || missing+=(python3-venv)
need /usr/include/uv.h libuv1-dev
need /usr/include/doctest/doctest.h doctest-dev
need /usr/include/sqlite3.h libsqlite3-dev
need /usr/include/boost/asio.hpp libboost-dev
need /usr/include/asio.hpp libasio-dev
need /usr/include/glib-2.0/glib.h libglib2.0-dev
need /usr/include/event2/event.h libevent-dev
need /usr/include/ev.h libev-dev
need /usr/include/systemd/sd-event.h libsystemd-dev
need /usr/include/liburing.h liburing-dev
need "$(echo /usr/include/*/qt5/QtCore/QObject)" qtbase5-dev
need "$(echo /usr/include/*/qt6/QtCore/QObject)" qt6-base-dev
need clang-tidy clang-tidy
need /usr/include/c++/v1/vector libc++-dev
need "$(echo /usr/lib/*/libc++abi.so)" libc++abi-dev
# A node from elsewhere brings npm and its headers with it, in the same place.
need node nodejs
need npm npm
need tsc node-typescript
if ! command -v node > /dev/null || ! [ -e "$(dirname "$(readlink -f "$(command -v node)")")/../include/node/node_api.h" ]; then
  need /usr/include/node/node_api.h libnode-dev
fi
((${#missing[@]} == 0)) && exit 0
if ! command -v apt-get > /dev/null || [ "$(id -u)" != 0 ]; then
  echo "install these packages first: ${missing[*]}" >&2
  exit 1
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" > /dev/null
