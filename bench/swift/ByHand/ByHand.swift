// (d) How Swift async functions are called from C without Tenon: a thunk, a Task, a C callback.
// The callback runs on a thread of Swift's pool; bringing its news to the caller's loop is not
// even part of what is measured.

import Dispatch

typealias Callback = @convention(c) (_ context: UnsafeMutableRawPointer?, _ result: Int64) -> Void

@inline(never)
func addOne(_ value: Int64) async -> Int64 {
  value + 1
}

@inline(never)
func addOneLater(_ value: Int64) async -> Int64 {
  await Task.yield()
  return value + 1
}

@c(by_hand_start)
public func start(
  _ value: Int64, _ callback: @convention(c) (UnsafeMutableRawPointer?, Int64) -> Void,
  _ context: UnsafeMutableRawPointer?
) {
  nonisolated(unsafe) let context = context
  Task { callback(context, await addOne(value)) }
}

@c(by_hand_start_later)
public func startLater(
  _ value: Int64, _ callback: @convention(c) (UnsafeMutableRawPointer?, Int64) -> Void,
  _ context: UnsafeMutableRawPointer?
) {
  nonisolated(unsafe) let context = context
  Task { callback(context, await addOneLater(value)) }
}

@c(by_hand_call)
public func call(_ value: Int64) -> Int64 {
  let done = DispatchSemaphore(value: 0)
  nonisolated(unsafe) var result: Int64 = 0
  Task {
    result = await addOne(value)
    done.signal()
  }
  done.wait()
  return result
}
