#!/usr/bin/env bash
# The program `tenon` on a process that is stuck, on a stripped one, and on a core of each; and the same from inside.
set -euo pipefail
cd "$(dirname "$0")/.."
build=.build-inspect
mkdir -p $build
tenon=$(packaging/inspector.sh $build)
for product in tenon tenon_inspect inspected culprits watched busy; do swift build -c release --product $product; done
library=$(swift build -c release --show-bin-path)
program=$library/inspected
# From inside, in C.
for test in snapshot refusals alone older metrics watch record; do
  tenon_library=-ltenon
  case $test in alone | older) tenon_library= ;; esac
  gcc -std=gnu11 -O1 -g -Wall -Wextra -Werror -Iinclude -o $build/${test}_test Tests/Inspect/${test}_test.c \
    -L"$library" -ltenon_inspect $tenon_library -Wl,-rpath,"$library" -lpthread
  timeout 300 $build/${test}_test
done
# In C++, in both dialects and without exceptions.
for dialect in -std=c++17 -std=c++20 "-std=c++17 -fno-exceptions -fno-rtti"; do
  # shellcheck disable=SC2086 # the options are words
  g++ $dialect -O1 -g -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iinclude -o $build/inspect_cpp_test \
    Tests/Inspect/inspect_test.cpp -L"$library" -ltenon_inspect -ltenon -Wl,-rpath,"$library" -pthread
  timeout 300 $build/inspect_cpp_test
done
timeout 60 "$library/watched"
timeout 60 "$library/watched" trace > $build/own.json
Tests/Inspect/trace.py $build/own.json wait hold suspended 'own wait' 'own arrow'
timeout 300 $build/record_test much
$build/record_test write > $build/recorded.json
Tests/Inspect/trace.py $build/recorded.json count_down be_told settles arrow
[ -x $build/venv/bin/python ] || python3 -m venv $build/venv
$build/venv/bin/python -c 'import prometheus_client' 2> /dev/null || $build/venv/bin/pip install -q prometheus_client
$build/metrics_test write > $build/metrics.txt
$build/venv/bin/python -B Tests/Inspect/prometheus.py < $build/metrics.txt
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

look() { # at what, its kind, the process's number, where to write
  local command
  for command in ps why dump; do
    "$tenon" $command "$1" > "$4.$command"
    "$tenon" $command --json "$1" > "$4.$command.json"
  done
  "$tenon" dump --dot "$1" > "$4.dot"
  Tests/Inspect/check.py "$4" "$2" "$3"
}

for name in inspected stripped; do
  start $build/$name
  look "$pid" process "$pid" $build/$name
  gcore -o $build/core "$pid" > $build/gcore.log 2>&1
  end KILL
  # Without what is reserved and not used.
  [ "$(stat -c %s "$build/core.$pid")" -lt 500000000 ] || { echo "test-inspect: the core is large" >&2; exit 1; }
  look "$build/core.$pid" core "$pid" $build/core-$name
  rm "$build/core.$pid"
done

# Coroutines of C++, as each compiler makes them; stripped ones have the places of their co_awaits.
for compiler in g++ clang++; do
  command -v $compiler > /dev/null || continue
  program=$build/coroutines-$compiler
  $compiler -std=c++20 -O1 -g -Wall -Wextra -Wpedantic -Werror -Iinclude -o "$program" Tests/Inspect/coroutines.cpp \
    -L"$library" -ltenon_inspect -ltenon -Wl,-rpath,"$library" -pthread
  strip -o "$program-stripped" "$program"
  for names in full stripped; do
    [ $names = full ] || program=$program-stripped
    start "$program"
    "$tenon" why --json "$pid" | Tests/Inspect/coroutines.py $names
    if [ $names = full ]; then
      gcore -o $build/core "$pid" > $build/gcore.log 2>&1
      "$tenon" why --json "$build/core.$pid" | Tests/Inspect/coroutines.py full
      rm "$build/core.$pid"
    fi
    end KILL
  done
done

# Counters are those that the program itself is told.
timeout 60 Tests/Inspect/busy.py counters "$tenon" "$library/busy"
# Differences, in a terminal too.
timeout 300 Tests/Inspect/busy.py top "$tenon" "$library/busy"
# Samples; of a stripped program, too, and of one that sleeps where it should not.
timeout 300 Tests/Inspect/busy.py flame "$tenon" "$library/busy"
cp "$library/busy" $build/busy-stripped
strip $build/busy-stripped
start $build/busy-stripped
"$tenon" flame --folded --seconds 1 "$pid" > $build/output
grep -q '^call heavy;' $build/output || { cat $build/output >&2; exit 1; }
end KILL
start "$library/culprits" semaphore
"$tenon" flame --folded --seconds 0.2 "$pid" > $build/output
grep -q '^call configure;.*waitOnSemaphore.*;\[sleeps\] ' $build/output || { cat $build/output >&2; exit 1; }
end KILL

# Who is to blame.
for scenario in continuation promise stream semaphore crowd; do
  start "$library/culprits" $scenario
  "$tenon" why "$pid" > $build/$scenario.why
  "$tenon" why --json "$pid" > $build/$scenario.why.json
  Tests/Inspect/culprits.py $scenario $build/$scenario
  end KILL
done

# What happens meanwhile, and what had happened when it died.
start "$library/culprits" busy
all=(tick wait suspended waits settles sends receives 'waits for an item' wakes arrow)
for round in $(seq 100); do # until it had the processor meanwhile
  if "$tenon" trace --seconds 0.2 "$pid" > $build/busy.json && Tests/Inspect/trace.py $build/busy.json "${all[@]}"; then break; fi
  [ "$round" != 100 ] || exit 1
done
"$tenon" trace --last "$pid" > $build/busy-last.json
gcore -o $build/core "$pid" > $build/gcore.log 2>&1
end KILL
"$tenon" trace "$build/core.$pid" > $build/busy-core.json
rm "$build/core.$pid"
Tests/Inspect/trace.py $build/busy-last.json "${all[@]}"
Tests/Inspect/trace.py $build/busy-core.json "${all[@]}"

# What cannot be looked at is one sentence each.
refused() { # what it says, argument, who asks...
  local command
  for command in ps dump top flame; do
    ! "${@:3}" "$tenon" $command "$2" > $build/output 2>&1 || { echo "test-inspect: not refused: $command $2" >&2; exit 1; }
    grep -q "$1" $build/output && [ "$(wc -l < $build/output)" = 1 ] || { cat $build/output >&2; exit 1; }
  done
}
refused 'there is no Tenon in process' $$
refused 'there is no process' 999999999
refused 'is no core' scripts/test-inspect.sh
refused 'cannot be read' $build/nothing
if [ "$(id -u)" = 0 ]; then
  # Nobody can read what is in here.
  nobody=$(mktemp -d)
  trap 'rm -rf "$nobody"' EXIT
  chmod 755 "$nobody"
  cp "$tenon" "$nobody/tenon"
  tenon=$nobody/tenon
  sleep 1000 &
  refused 'run this as\( its user or as\)\? root' $! setpriv --reuid=65534 --clear-groups
  kill $!
else
  refused 'run this as\( its user or as\)\? root' 1
fi
echo "test-inspect: all found"
