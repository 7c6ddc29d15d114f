#!/usr/bin/env bash
# Every execution that C++'s memory model allows of what the core's words rely on. Reads Tests/WeakMemory only: a change of an
# order in the core is one of a model there.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .build-c
# Relacy is from before C++20, and warns of itself.
g++ -std=c++14 -O2 -w -fpermissive Tests/WeakMemory/models.cpp -o .build-c/models
timeout 300 .build-c/models
