import CTenon

/// Runs a loop as work of a scope: with the scope's cancellation, and its failure.
func runLoop(
  in scope: Handle, on pool: UnsafeMutablePointer<PoolState>, _ name: ExecutorName, count: UInt,
  chunk: UInt, _ body: ParallelLoop.Body, _ context: UnsafeMutableRawPointer?
) -> tenon_status_t {
  guard let (promise, future) = createFuture(.none, flags: FutureWord.detached) else {
    return SlotTable.exhaustion()
  }
  let added = addToScope(scope, future)
  guard added == TENON_STATUS_OK else {
    discardFuture(promise, future)
    return added
  }
  _ = releaseFuture(future)
  let status = pool.runLoop(name, count: count, chunk: chunk, promise: promise, body, context)
  switch status {
  case TENON_STATUS_OK: _ = settle(promise, as: .fulfilled, tenon_value_none())
  case TENON_STATUS_CANCELLED: _ = settle(promise, as: .cancelled, tenon_value_none())
  default: _ = settle(promise, as: .rejected, .status(status))
  }
  return status
}
