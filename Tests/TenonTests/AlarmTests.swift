import Testing

@testable import Tenon

/// What an executor knows of those that sleep on it.
@Suite struct AlarmTests {
  private func makeAlarm() -> Alarm { Alarm(Job(UnownedJob(job {}))) }

  @Test func oneThatHasRungBeforeItWasAddedIsNot() {
    var alarms = Alarms()
    let (early, other) = (makeAlarm(), makeAlarm())
    alarms.remove(early)
    #expect(alarms.add(early).isEmpty)
    #expect(alarms.count == 0 && !alarms.isAnybodyAsleep())
    #expect(alarms.add(other).isEmpty)
    #expect(alarms.count == 1 && alarms.isAnybodyAsleep())
    // However often it is told to go.
    for _ in 0..<2 { alarms.remove(other) }
    #expect(alarms.count == 0 && !alarms.isAnybodyAsleep())
  }

  /// Also behind one that goes on.
  @Test(arguments: [false, true])
  func sleepsThatWereCancelledDoNotPileUp(_ isBehind: Bool) async throws {
    try await withLoop { loop in
      let first = try loop.start {
        if isBehind { try? await Task.sleep(for: .seconds(86_400)) }
      }
      loop.pollAll()
      defer { first.cancel() }
      for _ in 0..<50 {
        let calls = try (0..<10).map { _ in
          try loop.start { try? await Task.sleep(for: .seconds(86_400)) }
        }
        loop.pollAll()
        for call in calls { call.cancel() }
        for call in calls { try loop.run(until: call) }
      }
      let count = loop.state.pointee.mutex.withLock { loop.state.shared.pointee.alarms.count }
      #expect(count < 250)
    }
  }
}
