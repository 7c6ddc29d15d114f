import CTenon
import Testing

@testable import Tenon

/// Values own what they carry, whatever Swift code does with them.
@Suite struct ValueTests {
  /// An object of C's, as a value; its end is counted, and may come once.
  static func foreign(_ ends: Shared<Int>) -> tenon_value_t {
    let witness = Unmanaged.passRetained(Witness(ends)).toOpaque()
    return tenon_value_pointer(witness, typeMark) { address, _ in
      Unmanaged<Witness>.fromOpaque(address!).release()
    }
  }

  // SAFETY: only its address is used.
  nonisolated(unsafe) static let typeMark = UnsafeRawPointer(
    UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

  /// A fulfilled future with an object of C's.
  private func fulfilled(_ ends: Shared<Int>) throws -> Future {
    let (promise, pointer) = makePromiseInC()
    var value = ValueTests.foreign(ends)
    #expect(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK)
    return try Future(adopting: pointer)
  }

  /// Takes a value as C does, and gives the object's address.
  private func takeInC(_ future: Future, isShared: Bool) -> UnsafeMutableRawPointer? {
    var value = tenon_value_none()
    #expect(tenon_future_take(future.pointer, &value) == TENON_STATUS_OK)
    #expect(tenon_value_is_shared(&value) == isShared)
    #expect(value.as.pointer.type == ValueTests.typeMark)
    let address = value.as.pointer.address
    #expect(tenon_value_drop(&value) == TENON_STATUS_OK)
    return address
  }

  private func address(_ value: Value?) -> UnsafeMutableRawPointer? {
    guard case .pointer(let pointer)? = value else { return nil }
    return pointer.address
  }

  @Test func anIgnoredObjectEnds() async throws {
    let ends = Shared(0)
    for read in 0..<4 {
      let future = try fulfilled(ends)
      if read & 1 != 0 { _ = try await future.value }
      if read & 2 != 0 { _ = try await future.take() }
    }
    #expect(ends.value == 4)
  }

  @Test func whatIsGivenToAPromiseThatHasSettledEnds() async throws {
    let ends = Shared(0)
    for isGone in [false, true] {
      let (promise, future) = try Promise.make()
      #expect(promise.resolve(Value.object(Witness(ends))))
      if isGone { _ = consume future }
      #expect(!promise.resolve(Value.object(Witness(ends))))
      #expect(
        !promise.reject(Failure(domain: "test", code: 1, message: "", payload: Witness(ends))))
    }
    #expect(ends.value == 6)
  }

  @Test func anObjectThatIsKeptOutlivesItsFuture() async throws {
    let ends = Shared(0)
    var kept: [Value] = []
    for isTaken in [false, true] {
      let future = try fulfilled(ends)
      kept.append(isTaken ? try await future.take() : try await future.value)
    }
    #expect(ends.value == 0)
    #expect(kept.allSatisfy { address($0) != nil })
    let copies = kept + kept
    kept = []
    #expect(ends.value == 0)
    withExtendedLifetime(copies) {}
    _ = consume copies
    #expect(ends.value == 2)
  }

  @Test func anObjectThatIsUsedTwiceEndsOnce() async throws {
    let ends = Shared(0)
    let value = try await fulfilled(ends).take()
    let (first, firstFuture) = try Promise.make()
    let (second, secondFuture) = try Promise.make()
    first.resolve(value)
    second.resolve(value)
    let there = address(value)
    #expect(takeInC(firstFuture, isShared: true) == there)
    #expect(ends.value == 0)
    #expect(takeInC(secondFuture, isShared: true) == there)
    #expect(ends.value == 0)
    withExtendedLifetime(value) {}
    _ = consume value
    #expect(ends.value == 1)
  }

  @Test func anObjectThatIsPassedOnIsTheReadersAlone() async throws {
    let ends = Shared(0)
    let (promise, future) = try Promise.make()
    promise.resolve(try await fulfilled(ends).take())
    #expect(takeInC(future, isShared: false) != nil)
    #expect(ends.value == 1)
  }

  @Test func aRefusedObjectIsStillInTheOtherCopies() async throws {
    let ends = Shared(0)
    let value = try await fulfilled(ends).take()
    let (promise, future) = try Promise.make()
    #expect(promise.cancel())
    for _ in 0..<3 { #expect(!promise.resolve(value)) }
    #expect(ends.value == 0)
    #expect(address(value) != nil)
    _ = consume value
    #expect(ends.value == 1)
    withExtendedLifetime(future) {}
  }

  @Test func whoReadsAndWhoTakesHaveTheSameObject() async throws {
    let ends = Shared(0)
    let future = try fulfilled(ends)
    let first = try await future.value
    let second = try await future.value
    let third = try await future.take()
    #expect(address(first) == address(second))
    #expect(address(first) == address(third))
    await #expect(throws: Failure.self) { try await future.value }
    _ = (consume first, consume second)
    #expect(ends.value == 0)
    _ = consume third
    #expect(ends.value == 1)
  }

  @Test func aPeekIsGoodWhileSwiftShares() async throws {
    let ends = Shared(0)
    let future = try fulfilled(ends)
    var before = tenon_value_none()
    #expect(tenon_future_peek(future.pointer, &before) == TENON_STATUS_OK)
    _ = try await future.value
    var after = tenon_value_none()
    #expect(tenon_future_peek(future.pointer, &after) == TENON_STATUS_OK)
    #expect(before.as.pointer.address == after.as.pointer.address)
    #expect(before.drop == nil && after.drop == nil)
    #expect(ends.value == 0)
    #expect(takeInC(future, isShared: false) == before.as.pointer.address)
    #expect(ends.value == 1)
  }

  @Test func twoOwnersOfOneAddressEndOnceEach() throws {
    let ends = Shared(0)
    let address = UnsafeMutableRawPointer(Unmanaged.passUnretained(ends).toOpaque())
    let values = (0..<2).map { _ in
      Value.pointer(
        Value.Pointer(address: address, type: ValueTests.typeMark) { address, _ in
          Unmanaged<Shared<Int>>.fromOpaque(address!).takeUnretainedValue().change { $0 += 1 }
        })
    }
    var shared = (values + values).map { $0.makeValue() }
    #expect(shared.allSatisfy { $0.as.pointer.address == address })
    _ = consume values
    for count in 0..<4 {
      #expect(ends.value <= count)
      #expect(tenon_value_drop(&shared[count]) == TENON_STATUS_OK)
    }
    #expect(ends.value == 2)
  }

  @Test func aSharedObjectEndsOnItsExecutor() async throws {
    let ends = Shared(0)
    try await withLoop { loop in
      let (promise, pointer) = makePromiseInC()
      var value = ValueTests.foreign(ends)
      #expect(tenon_value_set_drop_executor(&value, loop.pointer) == TENON_STATUS_OK)
      #expect(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK)
      let future = try Future(adopting: pointer)
      var kept: Value? = try loop.result { try await future.value }
      #expect(address(kept) != nil)
      _ = try loop.result { try await future.take() }
      #expect(ends.value == 0)
      kept = nil
      loop.pollAll()
      #expect(ends.value == 1)
    }
  }

  @Test func aSwiftObjectComesBackFromManyValues() async throws {
    let ends = Shared(0)
    let value = Value.object(Witness(ends))
    for _ in 0..<3 {
      let (promise, future) = try Promise.make()
      promise.resolve(value)
      let read = try await future.value
      let taken = try await future.take()
      #expect(read.object(as: Witness.self) === value.object(as: Witness.self))
      #expect(taken.object(as: Witness.self) != nil)
      #expect(taken.object(as: ErrorWitness.self) == nil)
    }
    #expect(ends.value == 0)
    _ = consume value
    #expect(ends.value == 1)
  }

  private final class ErrorWitness: Sendable {}

  /// Readers and takers of one future on many threads: none may see what has ended.
  @Test func readersAndATakerOfOneFutureMeet() async throws {
    let ends = Shared(0)
    let text = String(repeating: "long enough for memory of its own ", count: 4)
    for round in 0..<(isSanitized ? 100 : 1000) {
      let (promise, future) = try Promise.make()
      if round & 1 == 0 {
        promise.resolve(text)
      } else {
        promise.resolve(try await fulfilled(ends).take())
      }
      let read = await withTaskGroup(of: Value?.self, returning: [Value].self) { group in
        for reader in 0..<4 {
          group.addTask {
            let future = reader == 0 ? future : try? Future(borrowing: future.pointer)
            return reader == 3 ? try? await future?.take() : try? await future?.value
          }
        }
        return await group.compactMap(\.self).reduce(into: []) { $0.append($1) }
      }
      #expect(!read.isEmpty)
      for value in read {
        if case .string(let string) = value { #expect(string == text) }
      }
    }
    // A child task lets go of what it has captured after its result is there.
    let all = isSanitized ? 50 : 500
    while ends.value < all { await Task.yield() }
    #expect(ends.value == all)
  }
}
