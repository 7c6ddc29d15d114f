import CTenon
import CTenonRoot

// How a Swift task waits at an end of a stream: by its continuation, without a future.

/// Waits until it is worth looking for an item again, or for several: OK. Or says how the stream has ended.
///
/// - Throws: `CancellationError` if this task is cancelled and there is nothing to read.
nonisolated(nonsending) func waitForItem(
  _ reader: Handle, _ kind: Handle.Kind, minimum: Int = 1
) async throws -> tenon_status_t {
  if Task.isCancelled {
    let status = withCore(reader, kind) { $0.awaitItem(nil, minimum: minimum) }
    if status == TENON_STATUS_PENDING { throw CancellationError() }
    return status
  }
  var status = withCore(reader, kind) {
    $0.lookForItem(minimum) ? TENON_STATUS_OK : TENON_STATUS_PENDING
  }
  if status != TENON_STATUS_PENDING { return status }
  let call = LoopExecutor.callHere
  record(tenon__inspect_call_suspends, call, at: reader, kind)
  await withTaskCancellationHandler {
    await withUnsafeContinuation { continuation in
      status = withCore(reader, kind) {
        if let call { $0.pointee.lastReader.store(call.bits, ordering: .relaxed) }
        return $0.awaitItem(.task(continuation), minimum: minimum)
      }
      if status != TENON_STATUS_PENDING {
        continuation.resume()
      } else if Task.isCancelled {
        // The handler may have come before there was a wait to give up.
        giveUpTask(ofReader: reader, kind)
      }
    }
  } onCancel: {
    giveUpTask(ofReader: reader, kind)
  }
  record(tenon__inspect_call_resumes, call, at: reader, kind)
  return status == TENON_STATUS_PENDING ? TENON_STATUS_OK : status
}

/// Waits until it is worth sending again: OK. Or says why nothing can be sent.
///
/// - Throws: `CancellationError` if this task is cancelled and there is no room.
nonisolated(nonsending) func waitForRoom(_ sink: Handle) async throws -> tenon_status_t {
  if Task.isCancelled { throw CancellationError() }
  var status = withCore(sink, .sink) {
    $0.lookForRoom() ? TENON_STATUS_OK : TENON_STATUS_PENDING
  }
  if status != TENON_STATUS_PENDING { return status }
  let call = LoopExecutor.callHere
  record(tenon__inspect_call_suspends, call, at: sink, .sink)
  await withTaskCancellationHandler {
    await withUnsafeContinuation { continuation in
      status = withCore(sink, .sink) {
        if let call { $0.pointee.lastWriter.store(call.bits, ordering: .relaxed) }
        return $0.awaitRoom(.task(continuation))
      }
      if status != TENON_STATUS_PENDING {
        continuation.resume()
      } else if Task.isCancelled {
        giveUpTask(ofWriter: sink)
      }
    }
  } onCancel: {
    giveUpTask(ofWriter: sink)
  }
  record(tenon__inspect_call_resumes, call, at: sink, .sink)
  return status == TENON_STATUS_PENDING ? TENON_STATUS_OK : status
}

/// A call waits at an end, or goes on: for those who look later.
@inline(__always) private func record(
  _ kind: Int, _ call: Handle?, at end: Handle, _ endKind: Handle.Kind
) {
  if Recorder.keepsCalls, let call { recordWait(kind, call, end, endKind) }
}

@inline(never) private func recordWait(
  _ kind: Int, _ call: Handle, _ end: Handle, _ endKind: Handle.Kind
) {
  _ = withCore(end, endKind) {
    Recorder.keep(kind, call.bits, $0.pointee.name.load(ordering: .relaxed))
    return TENON_STATUS_OK
  }
}

/// Resumes the task that waits, whichever it is: each looks again, and whether it is cancelled itself.
private func giveUpTask(ofReader reader: Handle, _ kind: Handle.Kind) {
  _ = withCore(reader, kind) {
    $0.giveUpReader { $0.isTask }
    return TENON_STATUS_OK
  }
}

private func giveUpTask(ofWriter sink: Handle) {
  _ = withCore(sink, .sink) {
    $0.giveUpWriter { $0.isTask }
    return TENON_STATUS_OK
  }
}

extension StreamWait {
  fileprivate var isTask: Bool {
    if case .task = self { return true }
    return false
  }
}
