// Implements <tenon/stream.h>.
public import CTenon

@c @implementation
public func tenon_stream_create(
  _ config: UnsafePointer<tenon_stream_config_t>?,
  _ sink_out: UnsafeMutablePointer<OpaquePointer?>?,
  _ stream_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let sink_out, let stream_out else { return TENON_STATUS_INVALID }
  var (capacity, name) = (64, ExecutorName.none)
  if let config {
    guard config.pointee.struct_size == MemoryLayout<tenon_stream_config_t>.size,
      config.pointee.flags == 0, config.pointee.reserved == 0,
      (0...Int(TENON_STREAM_CAPACITY_MAX)).contains(config.pointee.capacity)
    else { return TENON_STATUS_INVALID }
    capacity = config.pointee.capacity
    let status = findName(config.pointee.executor, &name)
    if status != TENON_STATUS_OK { return status }
  }
  return create(.sink, .stream, capacity: UInt(capacity), name, sink_out, stream_out)
}

@c @implementation
public func tenon_sink_send(
  _ sink: OpaquePointer?, _ value: UnsafeMutablePointer<tenon_value_t>?,
  _ room_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let value, tenon_value_t.isItem(at: value) else { return TENON_STATUS_INVALID }
  var sent = 0
  return sendItems(Handle(sink), value, 1, &sent, room_out)
}

@c @implementation
public func tenon_sink_send_batch(
  _ sink: OpaquePointer?, _ values: UnsafeMutablePointer<tenon_value_t>?, _ count: Int,
  _ sent_out: UnsafeMutablePointer<Int>?, _ room_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let sent_out, count >= 0, values != nil || count == 0 else { return TENON_STATUS_INVALID }
  var sent = 0
  let status: tenon_status_t
  if let values, count != 0 {
    for index in 0..<count where !tenon_value_t.isItem(at: values + index) {
      return TENON_STATUS_INVALID
    }
    status = sendItems(Handle(sink), values, count, &sent, room_out)
  } else {
    status = withCore(Handle(sink), .sink) { _ in TENON_STATUS_OK }
  }
  if status == TENON_STATUS_OK { sent_out.pointee = sent }
  return status
}

@c @implementation
public func tenon_sink_ready(
  _ sink: OpaquePointer?, _ room_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  awaitReady(sink: Handle(sink), room_out)
}

@c @implementation
public func tenon_sink_close(_ sink: OpaquePointer?) -> tenon_status_t {
  endStream(Handle(sink), .sink, as: .fulfilled, tenon_value_none())
}

@c @implementation
public func tenon_sink_fail(_ sink: OpaquePointer?, _ error: OpaquePointer?) -> tenon_status_t {
  failStream(Handle(sink), .sink, Handle(error))
}

@c @implementation
public func tenon_sink_cancel(_ sink: OpaquePointer?) -> tenon_status_t {
  endStream(Handle(sink), .sink, as: .cancelled, tenon_value_none())
}

@c @implementation
public func tenon_sink_retain(_ sink: OpaquePointer?) -> tenon_status_t {
  retainEnd(Handle(sink), .sink)
}

@c @implementation
public func tenon_sink_release(_ sink: OpaquePointer?) -> tenon_status_t {
  releaseEnd(Handle(sink), .sink)
}

@c @implementation
public func tenon_sink_is_cancelled(_ sink: OpaquePointer?) -> Bool {
  isStreamCancelled(Handle(sink), .sink)
}

@c @implementation
public func tenon_sink_copy_reason(
  _ sink: OpaquePointer?, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  copyStreamReason(Handle(sink), .sink, error_out)
}

@c @implementation
public func tenon_sink_on_cancel(
  _ sink: OpaquePointer?, _ executor: OpaquePointer?, _ fn: tenon_cancel_fn?,
  _ context: UnsafeMutableRawPointer?, _ registration_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  register(fn, executor) { function, name in
    onStreamCancel(Handle(sink), .sink, name, function, context) {
      registration_out?.pointee = $0.pointer
    }
  }
}

@c @implementation
public func tenon_stream_next(
  _ stream: OpaquePointer?, _ item_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let item_out else { return TENON_STATUS_INVALID }
  return nextItem(Handle(stream), .stream, item_out)
}

@c @implementation
public func tenon_stream_next_batch(
  _ stream: OpaquePointer?, _ values: UnsafeMutablePointer<tenon_value_t>?, _ count: Int,
  _ count_out: UnsafeMutablePointer<Int>?, _ ready_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let count_out, count >= 0, values != nil || count == 0 else { return TENON_STATUS_INVALID }
  var received = 0
  let status =
    if let values, count != 0 {
      receiveItems(Handle(stream), values, count, &received, ready_out)
    } else {
      withCore(Handle(stream), .stream) { _ in TENON_STATUS_OK }
    }
  if status == TENON_STATUS_OK { count_out.pointee = received }
  return status
}

@c @implementation
public func tenon_stream_next_at_least(
  _ stream: OpaquePointer?, _ values: UnsafeMutablePointer<tenon_value_t>?, _ minimum: Int,
  _ count: Int, _ count_out: UnsafeMutablePointer<Int>?,
  _ ready_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  if minimum == 0 && count == 0 {
    return tenon_stream_next_batch(stream, values, 0, count_out, ready_out)
  }
  guard let values, let count_out, minimum > 0, minimum <= count else {
    return TENON_STATUS_INVALID
  }
  var received = 0
  let status = receiveItems(
    Handle(stream), values, atLeast: minimum, count, &received, ready_out)
  if status == TENON_STATUS_OK { count_out.pointee = received }
  return status
}

@c @implementation
public func tenon_stream_ready(
  _ stream: OpaquePointer?, _ ready_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  awaitReady(Handle(stream), ready_out)
}

@c @implementation
public func tenon_stream_peek(
  _ stream: OpaquePointer?, _ value_out: UnsafeMutablePointer<tenon_value_t>?
) -> tenon_status_t {
  guard let value_out else { return TENON_STATUS_INVALID }
  return peekItem(Handle(stream)) { value_out.pointee = .borrowed(at: $0) }
}

@c @implementation
public func tenon_stream_pipe(
  _ stream: OpaquePointer?, _ sink: OpaquePointer?, _ flags: UInt32,
  _ end_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard flags & ~TENON_PIPE_FLAG_KEEP == 0 else { return TENON_STATUS_INVALID }
  var end = Handle(bits: 0)
  let status = pipeStream(
    Handle(stream), Handle(sink), keepsSink: flags & TENON_PIPE_FLAG_KEEP != 0, &end)
  if status != TENON_STATUS_OK { return status }
  if let end_out { end_out.pointee = end.pointer } else { _ = releaseFuture(end) }
  return status
}

@c @implementation
public func tenon_stream_copy_error(
  _ stream: OpaquePointer?, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  giveStreamError(Handle(stream), .stream, error_out)
}

@c @implementation
public func tenon_stream_copy_end(
  _ stream: OpaquePointer?, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  giveStreamEnd(Handle(stream), .stream, future_out)
}

@c @implementation
public func tenon_stream_cancel(_ stream: OpaquePointer?) -> tenon_status_t {
  cancelStream(Handle(stream), .stream)
}

@c @implementation
public func tenon_stream_cancel_with(_ stream: OpaquePointer?, _ reason: OpaquePointer?)
  -> tenon_status_t
{
  cancelStream(Handle(stream), .stream, because: reason == nil ? nil : Handle(reason))
}

@c @implementation
public func tenon_stream_retain(_ stream: OpaquePointer?) -> tenon_status_t {
  retainEnd(Handle(stream), .stream)
}

@c @implementation
public func tenon_stream_release(_ stream: OpaquePointer?) -> tenon_status_t {
  releaseEnd(Handle(stream), .stream)
}

// MARK: What streams and latest values share

/// The compact name of the executor that a config may mention.
func findName(_ executor: OpaquePointer?, _ name: inout ExecutorName) -> tenon_status_t {
  guard let executor else { return TENON_STATUS_OK }
  let status = LoopExecutor.check(Handle(executor))
  if status == TENON_STATUS_OK { name = ExecutorName(Handle(executor)) }
  return status
}

func create(
  _ writer: Handle.Kind, _ reader: Handle.Kind, capacity: UInt?, _ name: ExecutorName,
  _ writer_out: UnsafeMutablePointer<OpaquePointer?>,
  _ reader_out: UnsafeMutablePointer<OpaquePointer?>
) -> tenon_status_t {
  switch createStream(writer, reader, capacity: capacity, executor: name) {
  case .failure(let error): return error.status
  case .success(let made):
    writer_out.pointee = made.writer.pointer
    reader_out.pointee = made.reader.pointer
    return TENON_STATUS_OK
  }
}

func failStream(_ writer: Handle, _ kind: Handle.Kind, _ error: Handle) -> tenon_status_t {
  var status = ErrorSlot.retain(error)
  if status != TENON_STATUS_OK { return status }
  status = endStream(writer, kind, as: .rejected, .error(error))
  if status != TENON_STATUS_OK { _ = ErrorSlot.release(error) }
  return status
}

func giveStreamEnd(
  _ reader: Handle, _ kind: Handle.Kind, _ future_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let future_out else { return TENON_STATUS_INVALID }
  var end = Handle(bits: 0)
  let status = copyStreamEnd(reader, kind, &end)
  if status == TENON_STATUS_OK { future_out.pointee = end.pointer }
  return status
}

func copyStreamReason(
  _ writer: Handle, _ kind: Handle.Kind, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let error_out else { return TENON_STATUS_INVALID }
  let known = cancelStatus(writer, kind)
  if known != TENON_STATUS_OK { return known }
  return withCore(writer, kind) { core in
    let status = giveReason(of: core.pointee.promise, error_out)
    // Settled, and nobody is left who could ask how.
    return status == TENON_STATUS_STALE ? TENON_STATUS_SETTLED : status
  }
}

func giveStreamError(
  _ reader: Handle, _ kind: Handle.Kind, _ error_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let error_out else { return TENON_STATUS_INVALID }
  var error: Handle?
  let status = copyStreamError(reader, kind, &error)
  if status == TENON_STATUS_OK { error_out.pointee = error?.pointer }
  return status
}

@c @implementation
public func tenon_stream_set_name(
  _ stream: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ source: UnsafePointer<tenon_source_t>?
) -> tenon_status_t {
  guard let name, isText(name) else { return TENON_STATUS_INVALID }
  return setName(ofEnd: Handle(stream), .stream, name, source)
}
