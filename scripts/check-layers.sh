#!/usr/bin/env bash
# The layers of one module, which the compiler cannot keep apart: the core names nothing of the ABI or of the Swift
# authors' face, and no core folder names one above it.
set -euo pipefail
cd "$(dirname "$0")/../Sources/Tenon"
failed=0
forbid() { # files... -- pattern
  local pattern=${*: -1}
  if grep -rnE "$pattern" "${@:1:$#-1}"; then
    echo "check-layers: ${*:1:$#-1} must not name: $pattern" >&2
    failed=1
  fi
}
# The ABI's functions are called from C only.
forbid Core API '\b@c @implementation\b'
# Lower folders do not know the loop, nor the Swift face.
forbid Core/Slots Core/Threads Core/Values Core/Objects Core/Errors/ErrorSlot.swift Core/Registrations Core/Timers Core/Calls \
  Core/Executors '\b(LoopExecutor|FutureSlot|settle|createFuture)\b'
forbid Core/Slots Core/Threads Core/Values Core/Registrations Core/Timers Core/Calls '\bExecutorState\b'
forbid Core/Futures '\b(LoopExecutor|EndSlot|StreamCore)\b'
forbid Core/Executors Core/Loop Core/Registrations '\b(EndSlot|StreamCore|EndWord)\b'
# Streams are made of futures and slots, and know neither the loop nor the Swift face.
forbid Core/Streams '\b(LoopExecutor|ExecutorState|Stream|Sink|Latest|Publisher|copyError)\b *[.(]'
# What is made of futures knows executors by name only, and nothing below knows of it.
forbid Core/Combinators Core/Scopes '\bLoopExecutor\b'
forbid Core/Combinators '\bScope[A-Z]'
forbid Core/Slots Core/Threads Core/Values Core/Errors Core/Registrations Core/Timers Core/Calls Core/Executors \
  Core/Futures Core/Loop '\b(Combinator|Scope(Table|Slot|Content)|Member)\b'
# The Node adapter is a client of the contract: its C names no Swift, and only its Swift face names Swift's types.
cd ..
forbid TenonNodeLoop '#include <(swift|v8|node\.h|nan)'
forbid TenonNode '^(public )?import (CLibuv|TenonUV)'
exit $failed
