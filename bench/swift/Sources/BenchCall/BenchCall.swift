// (d) Swift async functions, exported as any author would.

public import CTenon
import Tenon

func addOne(_ value: Int64) async -> Int64 {
  value + 1
}

func addOneLater(_ value: Int64, on executor: OpaquePointer?) async -> Int64 {
  await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
    let resume: tenon_job_fn = { context, _ in
      unsafeBitCast(context, to: UnsafeContinuation<Void, Never>.self).resume()
    }
    let context = unsafeBitCast(continuation, to: UnsafeMutableRawPointer.self)
    if tenon_executor_post(executor, resume, context) != TENON_STATUS_OK { continuation.resume() }
  }
  return value + 1
}

func addOne(to number: Future) async throws -> Int64 {
  guard case .i64(let value) = try await number.value else { return 0 }
  return value + 1
}

@c(bench_call_add_one)
public func exportAddOne(
  _ executor: OpaquePointer?, _ value: Int64, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  export(on: executor, future: futureOut) { await addOne(value) }
}

/// Without a capture.
@c(bench_call_add_one_with)
public func exportAddOneWith(
  _ executor: OpaquePointer?, _ value: Int64, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  export(on: executor, future: futureOut, with: value) { await addOne($0) }
}

@c(bench_call_add_one_later)
public func exportAddOneLater(
  _ executor: OpaquePointer?, _ value: Int64, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  nonisolated(unsafe) let pointer = executor  // only a number
  return export(on: executor, future: futureOut) { await addOneLater(value, on: pointer) }
}

@c(bench_call_add_one_to)
public func exportAddOneTo(
  _ executor: OpaquePointer?, _ number: OpaquePointer?,
  _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let number = try? Future(borrowing: number) else { return TENON_STATUS_INVALID }
  return export(on: executor, future: futureOut) { try await addOne(to: number) }
}
