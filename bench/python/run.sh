#!/usr/bin/env bash
# Measures Python: what scripts/test-python.sh has built is what runs. QUICK=1 for less; PYTHON=another interpreter.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
[ -f .build-python/packages/work/libwork.so ] || scripts/test-python.sh test_values
installed=(.build-python/fresh/lib/python*/site-packages)
[ ! -d "${installed[0]}/docdb" ] || export INSTALLED=$PWD/${installed[0]}
PYTHONPATH=$PWD/.build-python/packages:$PWD/bench/python exec "$python" -B bench/python/bench.py
