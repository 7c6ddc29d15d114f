import CTenonUV
import Glibc
import Tenon

/// What a stream is on the loop's thread.
///
/// Invariant: libuv reads exactly while there is a reader, so nothing is there that nobody has asked for.
// SAFETY: as OpenHandle.
final class StreamState: OpenHandle, @unchecked Sendable {
  private var reader: (waiter: Waiter<[UInt8]?>, count: Int)?
  private var isAtEnd = false
  /// Of the connect, writes and shutdowns.
  private var writers = Waiters<Int>()

  private var stream: UnsafeMutablePointer<uv_stream_t> {
    raw.assumingMemoryBound(to: uv_stream_t.self)
  }

  static func tcp(on loop: UVLoop) throws -> StreamState {
    try StreamState(on: loop, zero: uv_tcp_t()) { uv_tcp_init($0, $1) }
  }

  static func pipe(on loop: UVLoop) throws -> StreamState {
    try StreamState(on: loop, zero: uv_pipe_t()) { uv_pipe_init($0, $1, 0) }
  }

  override func tell(_ error: any Error) {
    reader?.waiter.fail(error)
    reader = nil
    writers.fail(error)
  }

  // MARK: Connecting

  func connect(_ waiter: Waiter<Int>, to address: UVLoop.Address) throws {
    try write(waiter, Request(zero: uv_connect_t())) { request in
      address.withSocketAddress {
        uv_tcp_connect(request, raw.assumingMemoryBound(to: uv_tcp_t.self), $0) { request, status in
          Request.ended(request, Int(status))
        }
      }
    }
  }

  /// Sends small messages as they come: who writes them one by one wants so.
  func sendAtOnce() { _ = uv_tcp_nodelay(raw.assumingMemoryBound(to: uv_tcp_t.self), 1) }

  func address(
    _ get: (UnsafePointer<uv_tcp_t>, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>)
      -> Int32
  ) throws -> UVLoop.Address {
    try requireOpen()
    return try UVLoop.Address(of: raw, get)
  }

  // MARK: Reading

  func read(_ waiter: Waiter<[UInt8]?>, upTo count: Int) throws {
    try requireOpen()
    if reader != nil { throw Failure(uv: UV_EBUSY) }
    if isAtEnd { return waiter.succeed(nil) }
    try check(
      uv_read_start(
        stream,
        { handle, _, buffer in
          let state = StreamState.behind(handle)
          let block = state.loop.handles.readBlock
          let count = min(max(state.reader?.count ?? 0, 1), block.count)
          buffer?.pointee = uv_buf_t(
            base: block.baseAddress?.assumingMemoryBound(to: CChar.self), len: count)
        },
        { handle, count, buffer in
          StreamState.behind(handle).didRead(
            count, UnsafeRawPointer(buffer?.pointee.base))
        }))
    reader = (waiter, count)
  }

  func cancelRead(_ waiter: Waiter<[UInt8]?>) {
    if reader?.waiter === waiter { _ = takeReader() }
    waiter.fail(CancellationError())
  }

  private func didRead(_ count: Int, _ memory: UnsafeRawPointer?) {
    // Zero: there was nothing after all.
    guard count != 0, let waiter = takeReader() else { return }
    if count > 0 {
      waiter.succeed([UInt8](UnsafeRawBufferPointer(start: memory, count: count)))
    } else if count == Int(UV_EOF.rawValue) {
      isAtEnd = true
      waiter.succeed(nil)
    } else {
      waiter.fail(Failure(uv: Int32(count)))
    }
  }

  private func takeReader() -> Waiter<[UInt8]?>? {
    if uv_is_closing(base) == 0 { uv_read_stop(stream) }
    defer { reader = nil }
    return reader?.waiter
  }

  // MARK: Writing

  /// Writes what the system takes now, and says how much that was.
  func writeAtOnce(_ bytes: ArraySlice<UInt8>) throws -> Int {
    try requireOpen()
    let count = bytes.withUnsafeBytes { bytes -> Int32 in
      var buffer = uv_buf_t(bytes)
      return bytes.isEmpty ? 0 : uv_try_write(stream, &buffer, 1)
    }
    if count == UV_EAGAIN.rawValue { return 0 }
    try check(count)
    return Int(count)
  }

  func write(_ waiter: Waiter<Int>, _ bytes: ArraySlice<UInt8>) throws {
    let rest = bytes.dropFirst(try writeAtOnce(bytes))
    if rest.isEmpty { return waiter.succeed(0) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: rest.count, alignment: 1)
    memory.copyBytes(from: rest)
    let request = Request(zero: uv_write_t()) { _ in memory.deallocate() }
    try write(waiter, request) {
      var buffer = uv_buf_t(UnsafeRawBufferPointer(memory))
      return uv_write($0, stream, &buffer, 1) { request, status in
        Request.ended(request, Int(status))
      }
    }
  }

  func shutdown(_ waiter: Waiter<Int>) throws {
    try write(waiter, Request(zero: uv_shutdown_t())) {
      uv_shutdown($0, stream) { request, status in
        Request.ended(request, Int(status))
      }
    }
  }

  /// libuv cannot take one of these back: only the end of the stream ends it.
  func cancelWrite(_ waiter: Waiter<Int>) {
    waiter.fail(CancellationError())
    close(telling: Failure(uv: UV_ECANCELED))
  }

  private func write<Raw>(
    _ waiter: Waiter<Int>, _ request: Request<Raw>, _ begin: (UnsafeMutablePointer<Raw>) -> Int32
  ) throws {
    try requireOpen()
    try request.start(waiter, begin)
    writers.add(waiter)
  }
}

extension uv_buf_t {
  /// Memory that libuv only reads.
  fileprivate init(_ bytes: UnsafeRawBufferPointer) {
    let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
    self.init(base: start?.assumingMemoryBound(to: CChar.self), len: bytes.count)
  }
}

extension UVLoop.Address {
  /// What libuv says of a socket.
  init(
    of handle: UnsafeMutableRawPointer,
    _ get: (UnsafePointer<uv_tcp_t>, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>)
      -> Int32
  ) throws {
    var storage = sockaddr_storage()
    var size = Int32(MemoryLayout<sockaddr_storage>.size)
    let address = try withUnsafeMutableBytes(of: &storage) { bytes in
      let pointer = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: sockaddr.self)
      try check(get(handle.assumingMemoryBound(to: uv_tcp_t.self), pointer, &size))
      return UVLoop.Address(pointer)
    }
    guard let address else { throw Failure(uv: UV_EAFNOSUPPORT) }
    self = address
  }
}
