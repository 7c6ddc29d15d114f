public import CTenonUV
import Glibc
import Tenon

extension UVLoop {
  /// What one of a child's first three descriptors is.
  public enum StandardStream: Sendable {
    /// `/dev/null`.
    case null
    /// This process's own.
    case inherited
    /// A ``Stream`` of this process.
    case pipe
    /// A descriptor of this process, which stays open here.
    case descriptor(Int32)
  }

  /// Starts a program.
  ///
  /// Any thread. The child has the three descriptors that are said here, and none that this module opens.
  ///
  /// - Parameters:
  ///   - program: A path, or a name that is looked for in `PATH`.
  ///   - arguments: Those after the program's name.
  ///   - environment: All of it; nil: this process's.
  ///   - directory: Where it starts; nil: where this process is.
  /// - Throws: ``Failure`` in domain `uv`, such as `ENOENT`.
  public nonisolated(nonsending) func spawn(
    _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil,
    in directory: String? = nil, input: StandardStream = .null, output: StandardStream = .pipe,
    error: StandardStream = .inherited
  ) async throws -> Process {
    try await onLoop { [self] in
      let streams = try [input, output, error].map {
        if case .pipe = $0 { Stream(try StreamState.pipe(on: self)) } else { nil as Stream? }
      }
      let state = try ProcessState(
        on: self, program, arguments, environment, directory, [input, output, error],
        streams.map { $0?.state })
      return Process(state, streams)
    }
  }

  /// A child process.
  ///
  /// Any thread may call. A child whose process is let go of runs on, and is waited for without keeping the loop alive. When
  /// the executor closes, a child that is still held is told to end with `SIGTERM`, and not waited for.
  public final class Process: Sendable {
    /// How a child ended.
    public struct Exit: Sendable, Hashable {
      /// What it returned, if it ended by itself.
      public let status: Int
      /// The signal that ended it, or 0.
      public let signal: Int32
    }

    public let identifier: Int32
    /// The write end of the child's standard input, if that is a pipe. The child sees the end when this is closed.
    public let input: Stream?
    /// The read end of the child's standard output, if that is a pipe.
    public let output: Stream?
    /// The read end of the child's standard error, if that is a pipe.
    public let error: Stream?
    let state: ProcessState

    init(_ state: ProcessState, _ streams: [Stream?]) {
      self.state = state
      identifier = state.identifier
      (input, output, error) = (streams[0], streams[1], streams[2])
    }

    deinit {
      state.loop.executor.perform { [state] refusal in if refusal == nil { state.letGo() } }
    }

    /// Waits for the child's end, any number of times.
    ///
    /// A cancel sends `SIGTERM`; this then goes on until the child has ended, and throws `CancellationError`. A child that does
    /// not heed it needs a ``kill(_:)`` from another task.
    ///
    /// - Throws: `CancellationError`; ``Failure`` in domain `tenon` if the executor closes.
    public nonisolated(nonsending) var exit: Exit {
      get async throws {
        try await state.loop.wait { [state] waiter in
          try state.wait(waiter)
        } onCancel: { [state] waiter in
          state.cancel(waiter)
        }
      }
    }

    /// Sends the child a signal.
    ///
    /// - Throws: ``Failure`` in domain `uv`, with `ESRCH` if it has ended.
    public nonisolated(nonsending) func kill(_ signal: Int32 = SIGTERM) async throws {
      try await state.loop.onLoop { [state] in try state.kill(signal) }
    }
  }
}

/// What a child process is on the loop's thread: open until it has ended.
// SAFETY: as OpenHandle.
final class ProcessState: OpenHandle, @unchecked Sendable {
  private(set) var identifier: Int32 = 0
  private var exit: UVLoop.Process.Exit?
  private var isHeld = true
  private var waiters: [Waiter<UVLoop.Process.Exit>] = []
  /// Those whose tasks were cancelled: they too wait for the end.
  private var cancelled: [Waiter<UVLoop.Process.Exit>] = []

  private var process: UnsafeMutablePointer<uv_process_t> {
    raw.assumingMemoryBound(to: uv_process_t.self)
  }

  init(
    on loop: UVLoop, _ program: String, _ arguments: [String], _ environment: [String: String]?,
    _ directory: String?, _ kinds: [UVLoop.StandardStream], _ pipes: [StreamState?]
  ) throws {
    var code: Int32 = 0
    try super.init(on: loop, zero: uv_process_t()) { loop, process in
      let variables = environment?.map { "\($0.key)=\($0.value)" }
      var options = uv_process_options_t()
      options.exit_cb = { process, status, signal in
        ProcessState.behind(process).didExit(
          UVLoop.Process.Exit(status: Int(status), signal: signal))
      }
      var containers = zip(kinds, pipes).enumerated().map {
        uv_stdio_container_t($0.element.0, pipe: $0.element.1, index: Int32($0.offset))
      }
      withCStrings([program] + arguments) { arguments in
        withCStrings(variables ?? []) { variables in
          withCStrings([program] + (directory.map { [$0] } ?? [])) { names in
            containers.withUnsafeMutableBufferPointer { containers in
              options.file = UnsafePointer(names[0])
              options.cwd = UnsafePointer(names[1])
              options.args = arguments.baseAddress
              options.env = environment == nil ? nil : variables.baseAddress
              options.stdio = containers.baseAddress
              options.stdio_count = Int32(containers.count)
              code = uv_spawn(loop, process, &options)
            }
          }
        }
      }
      // Also one that could not be started is on the loop.
      return 0
    }
    if code < 0 {
      let failure = Failure(uv: code, program)
      close(telling: failure)
      throw failure
    }
    identifier = process.pointee.pid
  }

  var waiterCount: Int { waiters.count }

  override func tell(_ error: any Error) {
    if let exit {
      for waiter in waiters { waiter.succeed(exit) }
      for waiter in cancelled { waiter.fail(CancellationError()) }
    } else {
      if isHeld && identifier != 0 { uv_process_kill(process, SIGTERM) }
      for waiter in waiters + cancelled { waiter.fail(error) }
    }
    (waiters, cancelled) = ([], [])
  }

  private func didExit(_ exit: UVLoop.Process.Exit) {
    self.exit = exit
    close(telling: Failure(uv: UV_ECANCELED))
  }

  func wait(_ waiter: Waiter<UVLoop.Process.Exit>) throws {
    if let exit { return waiter.succeed(exit) }
    try requireOpen()
    waiters.append(waiter)
  }

  func cancel(_ waiter: Waiter<UVLoop.Process.Exit>) {
    if let exit { return waiter.succeed(exit) }
    guard isOpen else { return waiter.fail(CancellationError()) }
    uv_process_kill(process, SIGTERM)
    waiters.removeAll { $0 === waiter }
    cancelled.append(waiter)
  }

  func kill(_ signal: Int32) throws {
    guard exit == nil, isOpen else { throw Failure(uv: UV_ESRCH) }
    try check(uv_process_kill(process, signal))
  }

  func letGo() {
    isHeld = false
    if isOpen { uv_unref(base) }
  }
}

extension uv_stdio_container_t {
  fileprivate init(_ kind: UVLoop.StandardStream, pipe: StreamState?, index: Int32) {
    self.init()
    switch kind {
    case .null: flags = UV_IGNORE
    case .inherited: (flags, data.fd) = (UV_INHERIT_FD, index)
    case .descriptor(let descriptor): (flags, data.fd) = (UV_INHERIT_FD, descriptor)
    case .pipe:
      // As the child sees it.
      let direction = index == 0 ? UV_READABLE_PIPE : UV_WRITABLE_PIPE
      flags = uv_stdio_flags(UV_CREATE_PIPE.rawValue | direction.rawValue)
      data.stream = pipe?.raw.assumingMemoryBound(to: uv_stream_t.self)
    }
  }
}

/// Lends strings as C wants them: an array that ends with NULL.
private func withCStrings(
  _ strings: [String],
  _ body: (UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>) -> Void
) {
  var pointers = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  pointers.withUnsafeMutableBufferPointer { body($0) }
}
