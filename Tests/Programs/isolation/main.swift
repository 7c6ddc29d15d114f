// Who says to be on a loop, and is not, ends the program: so it is one of its own.
import Glibc
import ProgramSupport
import Tenon

actor OnLoop: LoopActor {
  nonisolated let executor: LoopExecutor
  init(on executor: LoopExecutor) { self.executor = executor }
  func assume() { assumeIsolated { _ in } }
}

let loop = try LoopExecutor.create(name: "isolation")
let actor = OnLoop(on: loop)
let assumed = try loop.start { await actor.assume() }
report("itIsAssumedInAPoll", try loop.run(until: assumed, timeout: .seconds(30)))

// The program's own call raises it, so nothing is interrupted that a handler must not use.
for signal in [SIGILL, SIGTRAP, SIGABRT] {
  Glibc.signal(signal) { _ in
    report("elsewhereItEndsTheProgram", true)
    exitWithReport()
  }
}
actor.assumeIsolated { _ in report("elsewhereItEndsTheProgram", false) }
exitWithReport()
