#!/usr/bin/env bash
# The program `tenon` on a process that is stuck, and on a stripped one.
set -euo pipefail
cd "$(dirname "$0")/.."
build=.build-inspect
mkdir -p $build
tenon=$(packaging/inspector.sh $build)
swift build -c release --product inspected
program=$(swift build -c release --show-bin-path)/inspected
cp "$program" $build/inspected
cp "$program" $build/stripped
strip $build/stripped
(! ldd "$tenon" | grep -E 'libswift|libdispatch') || { echo "test-inspect: tenon needs a Swift runtime" >&2; exit 1; }

started=
trap '[ -z "$started" ] || kill -KILL "$started"' EXIT
# Starts a program, and waits until it says that it is stuck.
start() {
  coproc "$@"
  started=$COPROC_PID
  read -r -t 60 _ pid <&"${COPROC[0]}"
}
# Ends it by a signal.
end() {
  kill "-$1" "$started"
  wait "$started" 2> /dev/null || true
  started=
}

for name in inspected stripped; do
  start $build/$name
  "$tenon" ps "$pid" > $build/$name.ps
  "$tenon" ps --json "$pid" > $build/$name.ps.json
  "$tenon" why "$pid" > $build/$name.why
  "$tenon" why --json "$pid" > $build/$name.why.json
  Tests/Inspect/check.py $build/$name process "$pid"
  end KILL
done

# What cannot be looked at is one sentence each.
refused() { # what it says, argument
  ! "$tenon" ps "$2" > $build/output 2>&1 || { echo "test-inspect: not refused: $2" >&2; exit 1; }
  grep -q "$1" $build/output && [ "$(wc -l < $build/output)" = 1 ] || { cat $build/output >&2; exit 1; }
}
refused 'there is no Tenon in process' $$
refused 'there is no process' 999999999
refused 'is no core' scripts/test-inspect.sh
refused 'cannot be read' $build/nothing
echo "test-inspect: all found"
