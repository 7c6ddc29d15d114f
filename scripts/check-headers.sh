#!/usr/bin/env bash
# Compiles the public headers with each compiler at hand, in every dialect, warnings being errors: each of them alone, and
# those of one kind together; the C++ ones twice in a file, without exceptions, and in two files of one program, too.
#   check-headers.sh [all]
#
# Without `all` one compiler has each of them alone, in one dialect, and leaves out those in folders.
set -euo pipefail
cd "$(dirname "$0")/.."
all=${1:-}
strict=(-Iinclude -Wall -Wextra -Wpedantic -Werror -fsyntax-only)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
combinations=0
compilers=()
for compiler in g++ clang++; do
  if command -v $compiler > /dev/null; then compilers+=($compiler); fi
done

check() { # compiler language standard options headers...
  # shellcheck disable=SC2086 # the options are words
  printf '#include <tenon/%s>\n' "${@:5}" | "$1" -std="$3" "${strict[@]}" $4 -x "$2" - || {
    echo "check-headers: tenon/${*:5} fails as $3 with $1" >&2
    exit 1
  }
  combinations=$((combinations + 1))
}
check_each() { # C++'s compiler, dialects of C and of C++, options, headers...
  local compiler=gcc standard
  [ "$1" = g++ ] || compiler=clang
  for standard in $2; do check $compiler c "$standard" "$4" "${@:5}"; done
  for standard in $3; do check "$1" c++ "$standard" "$4" "${@:5}"; done
}
# Headers in C of one kind: the prefix of the dialects' names, and the options that others' headers need. What loops are made of
# needs POSIX declarations, which the strict dialects hide.
kind() { # prefix options headers...
  local plus header every="${1}99 ${1}11 ${1}17 ${1}2x" every_plus="c++11 c++14 c++17 c++20 c++23"
  local alone=${1}11 alone_plus=c++17
  [ -z "$all" ] || alone=$every alone_plus=$every_plus
  for plus in "${compilers[@]}"; do
    # Dispatch's own headers are for the toolchain's clang.
    [ "$3" != dispatch.h ] || [ "$plus" = clang++ ] || continue
    check_each "$plus" "$every" "$every_plus" "$2" "${@:3}"
    [ $# -gt 3 ] || continue # that was alone
    [ -n "$all" ] || [ "$plus" = "${compilers[0]}" ] || continue
    for header in "${@:3}"; do check_each "$plus" "$alone" "$alone_plus" "$2" "$header"; done
  done
}
plain=() loops=()
for path in include/tenon/*.h; do
  header=$(basename "$path")
  case $header in
    glib.h | dispatch.h) ;;
    uv.h | event.h | ev.h | sd-event.h | epoll.h | uring.h) loops+=("$header") ;;
    *) plain+=("$header") ;;
  esac
done
kind c '' "${plain[@]}"
kind gnu '' "${loops[@]}"
kind gnu "$(pkg-config --cflags gio-2.0 | sed 's/-I/-isystem /g')" glib.h
kind gnu "-isystem $(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")/lib/swift" dispatch.h

check_plus() { # compiler options headers...
  # shellcheck disable=SC2086 # the options are words
  printf '#include <tenon/%s>\n' "${@:3}" "${@:3}" |
    "$1" "${strict[@]}" -Wconversion -Wsign-conversion -Wshadow $2 -x c++ - || {
    echo "check-headers: tenon/${*:3} fails with $1 $2" >&2
    exit 1
  }
  combinations=$((combinations + 1))
}
alone=(include/tenon/*.hpp)
[ -z "$all" ] || alone+=(include/tenon/{asio,inspect,uv}/*.hpp)
for compiler in "${compilers[@]}"; do
  qt="-fPIC $(pkg-config --cflags Qt6Core | sed 's/-I/-isystem /g')"
  check_plus $compiler "-std=c++20 $qt" tenon.hpp inspect.hpp uv.hpp asio.hpp qt.hpp
  [ -n "$all" ] || [ "$compiler" = "${compilers[0]}" ] || continue
  for path in "${alone[@]}"; do
    header=${path#include/tenon/}
    case $header in
      qt.hpp) check_plus $compiler "-std=c++20 $qt" qt.hpp ;;
      *) check_plus $compiler -std=c++20 "$header" ;;
    esac
  done
done
# The umbrellas have them all but what is for one loop, so the other dialects need these alone.
for compiler in "${compilers[@]}"; do
  for standard in c++17 c++23 "c++17 -fno-exceptions -fno-rtti"; do
    check_plus $compiler "-std=$standard" tenon.hpp uv.hpp inspect.hpp
  done
done
# GCC has coroutines in C++17, too, without the concepts that the headers state theirs with.
[ "${compilers[0]}" != g++ ] || check_plus g++ "-std=c++17 -fcoroutines" tenon.hpp
# Templates are looked at where they are used.
for compiler in "${compilers[@]}"; do
  for standard in c++17 c++20; do
    $compiler "${strict[@]}" -Wconversion -Wsign-conversion -Wshadow -std=$standard Tests/CPP/without_exceptions.cpp
  done
done

# A beginner's mistake is one error, whose sentence says what to do. The headers are read once for all of them.
echo '#include <tenon/tenon.hpp>' > "$work/given.hpp"
for compiler in "${compilers[@]}"; do
  file=given.hpp.gch
  [ "$compiler" = g++ ] || file=given.pch
  "$compiler" -std=c++20 -Iinclude -x c++-header "$work/given.hpp" -o "$work/$file"
done
tells() { # sentence; on standard input a function's body
  local told compiler body given
  body=$(cat)
  for compiler in "${compilers[@]}"; do
    given=(-include "$work/given.hpp")
    [ "$compiler" = g++ ] || given=(-include-pch "$work/given.pch")
    told=$("$compiler" -std=c++20 "${strict[@]}" "${given[@]}" -x c++ - <<<"$body" 2>&1) || true
    if [ "$(grep -c 'error:' <<<"$told")" != 1 ] || ! grep -qF "$1" <<<"$told"; then
      echo "check-headers: $compiler does not tell this by one error that says: $1" >&2
      grep 'error:' <<<"$told" >&2 || true
      exit 1
    fi
  done
}
tells 'give them by std::move(), or share() them' <<<'void f(tenon::future<int> a, tenon::future<int> b) { auto c = tenon::all(a, b); }'
tells 'give them by std::move(), or share() them' <<<'void f(tenon::future<int> a, tenon::future<int> b) { auto c = tenon::when_any(a, b); }'
tells 'give them by std::move(), or share() them' <<<'void f(std::vector<tenon::future<int>> all) { auto c = tenon::all(all); }'
tells 'give std::move(task).start(executor)' <<<'tenon::task<int> one(); void f() { auto c = tenon::all(one(), one()); }'
tells "f takes the future's value, or the future that has ended" <<<'void f(tenon::future<int> a) { a.then(nullptr, [](std::string) {}).detach(); }'
tells 'where f runs comes first; nullptr' <<<'void f(tenon::future<int> a) { a.then([](int) {}).detach(); }'
tells 'nobody would start the task that f gives' <<<'tenon::task<int> one(); void f(tenon::future<int> a) { a.then(nullptr, [](int) { return one(); }).detach(); }'
tells 'g takes a std::exception_ptr, or a tenon::error' <<<'void f(tenon::future<int> a) { a.then(nullptr, [](int) {}, [](int *) {}).detach(); }'
tells 'g gives what f gives' <<<'void f(tenon::future<int> a) { a.then(nullptr, [](int) {}, [](std::exception_ptr) { return 1; }).detach(); }'
tells 'where f runs comes first' <<<'void f() { auto a = tenon::async([] { return 1; }); }'
tells 'f takes copies of the arguments' <<<'void f(tenon_executor_t *on) { auto a = tenon::async(on, [](std::string) { return 1; }, 5); }'
tells 'nobody would start the task that f gives' <<<'tenon::task<int> one(); void f(tenon_executor_t *on) { tenon::future<int> a = tenon::async(on, [] { return one(); }); a.detach(); }'
tells 'a task runs once: co_await std::move(task)' <<<'tenon::task<int> f(tenon::task<int> &a) { co_return co_await a; }'
tells 'a task runs once: std::move(task).start(executor)' <<<'tenon::task<int> one(); void f() { auto a = one(); a.start().detach(); }'
tells 'an await uses its future up' <<<'tenon::task<int> f(const tenon::future<int> &a) { co_return co_await a; }'
tells 'post(f): f takes no arguments' <<<'void f(tenon::executor &on) { on.post([](int) {}); }'
tells 'on_cancel(executor, f): f takes no arguments' <<<'void f(tenon::promise<int> &a) { a.on_cancel(nullptr, [](int) {}); }'
# What would lose work is told: each of these statements is a warning.
lost=$(g++ -std=c++20 -Iinclude -Wall -fsyntax-only -x c++ - 2>&1 <<'EOF' | grep -c 'warning: ignoring' || true
#include <tenon/inspect.hpp>
#include <tenon/tenon.hpp>
using tenon::future;
tenon::task<int> one() { co_return 1; }
void lose(tenon_executor_t *executor, future<int> a, future<int> b, tenon::stream<int> &stream, tenon::sink<int> &sink,
          tenon::latest<int> &latest, tenon::scope &scope, std::future<int> other, tenon::async_semaphore &slots) {
  tenon::async(executor, [] {});
  tenon::all(std::move(a), std::move(b));
  tenon::any(std::move(a), std::move(b));
  tenon::race(std::move(a), std::move(b));
  tenon::when_all(std::move(a), std::move(b));
  tenon::timeout(executor, std::move(a), std::chrono::seconds(1));
  tenon::timeout(executor, one(), std::chrono::seconds(1));
  tenon::sleep(executor, std::chrono::seconds(1));
  tenon::readable(executor, 0);
  tenon::shield(std::move(a));
  tenon::from_std(std::move(other));
  a.then(executor, [](int) {});
  a.with_stop({});
  a.share();
  one();
  one().start(executor);
  stream.next();
  sink.send(1);
  latest.next();
  scope.close();
  slots.acquire();
  slots.try_acquire();
  tenon::work_guard{executor};
  tenon::stop_on_signal{2};
  tenon::snapshot::take();
  tenon::snapshot::take().explain(executor);
  tenon::watch::start({}, [](const tenon::watch_event &) {});
}
EOF
)
[ "$lost" = 27 ] || {
  echo "check-headers: of 27 statements that lose work $lost are told" >&2
  exit 1
}
# What all tests in C++ include is as clean.
echo '#include "Tests/CPP/support.hpp"' | g++ -I. "${strict[@]}" -Wconversion -Wshadow -std=c++20 -x c++ -
# Nothing in the headers may be defined twice when two files are linked.
for unit in one two; do
  printf '#include <tenon/tenon.hpp>\nvoid %s() {}\n' $unit |
    g++ -std=c++20 -Iinclude -c -x c++ - -o "$work/$unit.o"
done
ld -r -o "$work/both.o" "$work/one.o" "$work/two.o"
echo "check-headers: $combinations combinations compile without a warning"
