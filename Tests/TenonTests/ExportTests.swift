import CTenon
import Testing

@testable import Tenon

/// Exported functions with an argument instead of captures: `export(on:future:with:)`.
@Suite struct ExportTests {
  struct Pair: Sendable, Equatable {
    var first: Int32
    var second: Double
  }
  struct Triple: Sendable { var numbers: (Int, Int, Int) }
  struct Failed: Error {}

  /// What the future of a call that `start` makes delivers.
  private func result(
    on loop: LoopExecutor, _ start: (UnsafeMutablePointer<OpaquePointer?>) -> tenon_status_t
  ) throws -> Value {
    var pointer: OpaquePointer?
    #expect(start(&pointer) == TENON_STATUS_OK)
    let future = try Future(adopting: pointer)
    try loop.run(until: future)
    return try loop.result { try await future.value }
  }

  @Test func anArgumentOfAnySizeArrives() async throws {
    try await withLoop { loop in
      let flag = try result(on: loop) {
        export(on: loop.pointer, future: $0, with: true) { !$0 }
      }
      let pair = try result(on: loop) {
        export(on: loop.pointer, future: $0, with: Pair(first: -7, second: 0.5)) {
          Double($0.first) * $0.second
        }
      }
      let triple = try result(on: loop) {
        export(on: loop.pointer, future: $0, with: Triple(numbers: (1, 2, 3))) {
          $0.numbers.0 + $0.numbers.1 + $0.numbers.2
        }
      }
      let text = try result(on: loop) {
        export(on: loop.pointer, future: $0, with: "grüße, die nicht in zwei Wörter passen") {
          $0.uppercased()
        }
      }
      let vector = try result(on: loop) {
        export(on: loop.pointer, future: $0, with: SIMD2<Double>(1, 2)) { $0.x + $0.y }
      }
      guard case .boolean(false) = flag, case .f64(-3.5) = pair, case .i64(6) = triple,
        case .string("GRÜSSE, DIE NICHT IN ZWEI WÖRTER PASSEN") = text, case .f64(3) = vector
      else {
        Issue.record("\(flag) \(pair) \(triple) \(text) \(vector)")
        return
      }
    }
  }

  @Test func whatItAwaitsAndThrowsIsAsWithCaptures() async throws {
    try await withLoop { loop in
      let told = Shared(0)
      let number = try result(on: loop) {
        exportValue(on: loop.pointer, future: $0, with: 20) {
          await Task.yield()
          return tenon_value_i64(Int64($0 + 1))
        }
      }
      let nothing = try result(on: loop) {
        export(on: loop.pointer, future: $0, with: told) {
          await Task.yield()
          $0.change { $0 += 1 }
        }
      }
      #expect(told.value == 1)
      guard case .i64(21) = number, case .none = nothing else {
        Issue.record("\(number) \(nothing)")
        return
      }
      #expect(throws: Failed.self) {
        try result(on: loop) {
          export(on: loop.pointer, future: $0, with: 1) { (_: Int) -> Int in throw Failed() }
        }
      }
      let suspended = try loop.start { try await Task.sleep(for: .seconds(1000)) }
      var pointer: OpaquePointer?
      #expect(
        export(on: loop.pointer, future: &pointer, with: suspended) { try await $0.value }
          == TENON_STATUS_OK)
      loop.pollAll()
      let waiting = try Future(adopting: pointer)
      waiting.cancel()
      try loop.run(until: waiting)
      #expect(throws: CancellationError.self) { try loop.result { try await waiting.value } }
    }
  }

  @Test func theArgumentEndsOnceWhateverBecomesOfTheCall() async throws {
    let ends = Shared(0)
    try await withLoop { loop in
      func start() -> (status: tenon_status_t, pointer: OpaquePointer?) {
        var pointer: OpaquePointer?
        let status = export(on: loop.pointer, future: &pointer, with: Witness(ends)) {
          $0.ends.value
        }
        return (status, pointer)
      }
      // It runs to its end; it is cancelled before its turn; its executor closes before; it is refused.
      let ran = try Future(adopting: start().pointer)
      try loop.run(until: ran)
      #expect(ends.value == 1)
      let cancelled = try Future(adopting: start().pointer)
      cancelled.cancel()
      try loop.run(until: cancelled)
      #expect(ends.value == 2)
      let closed = try Future(adopting: start().pointer)
      try loop.close()
      #expect(closed.isSettled)
      #expect(ends.value == 3)
      #expect(start().status == TENON_STATUS_STALE)
      #expect(ends.value == 4)
    }
  }

  /// Each form has an inner loop of its own in the driver.
  @Test func allFormsTakeTurns() async throws {
    try await withLoop { loop in
      let order = Shared<[Int]>([])
      var futures: [Future] = []
      for round in 0..<300 {
        var pointer: OpaquePointer?
        let note: @Sendable (Int) -> Void = { number in order.change { $0.append(number) } }
        let status =
          switch round / (round % 3 + 1) % 4 {
          case 0:
            export(on: loop.pointer, future: &pointer) {
              note(round)
              return round
            }
          case 1: export(on: loop.pointer, future: &pointer) { note(round) }
          case 2:
            export(on: loop.pointer, future: &pointer) {
              note(round)
              return "text"
            }
          default:
            export(on: loop.pointer, future: &pointer, with: round) { number in
              note(number)
              return number
            }
          }
        #expect(status == TENON_STATUS_OK)
        futures.append(try Future(adopting: pointer))
      }
      loop.pollAll()
      #expect(order.value == Array(0..<300))
      #expect(futures.allSatisfy { $0.isSettled })
    }
  }

  /// What generated code takes is of its type, or nothing; all else stays where it is.
  @Test func onlyAPointerOfTheTypeIsTaken() throws {
    let (mark, other) = (UnsafeRawPointer(bitPattern: 8)!, UnsafeRawPointer(bitPattern: 16)!)
    func settled(_ value: Value) throws -> Future {
      let (promise, future) = try Promise.make()
      #expect(promise.resolve(value))
      return future
    }
    func take(_ future: Future, _ type: UnsafeRawPointer) -> tenon_status_t {
      var value = tenon_value_none()
      return Future.take(future.pointer, type: type, into: &value)
    }
    let pointer = try settled(.pointer(Value.Pointer(address: nil, type: mark)))
    #expect(take(pointer, other) == TENON_STATUS_INVALID)
    #expect(take(pointer, mark) == TENON_STATUS_OK)
    #expect(take(pointer, mark) == TENON_STATUS_TAKEN)
    #expect(take(pointer, other) == TENON_STATUS_TAKEN)
    let number = try settled(.i64(8))
    #expect(take(number, mark) == TENON_STATUS_INVALID)
    #expect(take(try settled(.none), mark) == TENON_STATUS_OK)
    var stale = tenon_value_none()
    #expect(Future.take(nil, type: mark, into: &stale) == TENON_STATUS_INVALID)
  }
}
