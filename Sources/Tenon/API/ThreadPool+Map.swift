import Synchronization

extension AsyncSequence where Self: Sendable, Element: Sendable {
  /// What `transform` makes of each element, in the elements' order, at most `width` of them at once.
  ///
  /// This is a parallel stage of a stream: it reads ahead as far as `width` allows, and no further until its reader has taken
  /// a result. When it throws, or its reader is gone or cancelled, the others are cancelled.
  ///
  ///     for try await page in urls.parallelMap(on: pool, width: 8, { try await fetch($0) }) { ... }
  ///
  /// - Parameters:
  ///   - pool: Where the source is read, and `transform` runs.
  ///   - width: How many elements are on their way at most.
  ///   - transform: Called on several threads at once.
  public func parallelMap<Output: Sendable>(
    on pool: ThreadPool, width: Int = ThreadPool.processors,
    _ transform: @escaping @Sendable (Element) async throws -> Output
  ) -> ParallelMap<Self, Output> {
    ParallelMap(base: self, pool: pool, width: Swift.max(1, width), transform: transform)
  }
}

extension Sequence where Self: Sendable, Element: Sendable {
  /// An array of what `transform` makes of each element, in the elements' order, at most `width` of them at once.
  ///
  /// When it throws, or this task is cancelled, no more elements are begun, the others are cancelled, and this returns when they
  /// have ended.
  ///
  /// - Parameters:
  ///   - pool: Where `transform` runs.
  ///   - width: How many elements are on their way at most.
  ///   - transform: Called on several threads at once.
  public func parallelMap<Output: Sendable>(
    on pool: ThreadPool, width: Int = ThreadPool.processors,
    _ transform: @escaping @Sendable (Element) async throws -> Output
  ) async throws -> [Output] {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
      var outputs: [Output?] = []
      func take() async throws {
        guard let (place, output) = try await group.next() else { return }
        outputs[place] = output
      }
      for element in self {
        let place = outputs.count
        if place >= Swift.max(1, width) { try await take() }
        try Task.checkCancellation()
        outputs.append(nil)
        group.addTask(executorPreference: pool) { (place, try await transform(element)) }
      }
      while !group.isEmpty { try await take() }
      return outputs.map { $0.unsafelyUnwrapped }
    }
  }
}

/// See ``AsyncSequence/parallelMap(on:width:_:)``.
public struct ParallelMap<Base: AsyncSequence & Sendable, Output: Sendable>: AsyncSequence, Sendable
where Base.Element: Sendable {
  fileprivate let base: Base
  fileprivate let pool: ThreadPool
  fileprivate let width: Int
  fileprivate let transform: @Sendable (Base.Element) async throws -> Output

  public func makeAsyncIterator() -> Iterator { Iterator(self) }

  public struct Iterator: AsyncIteratorProtocol {
    private let stage: Stage<Output>
    private let reading: Reading

    /// Ends the stage when the last copy of the iterator goes.
    private final class Reading: Sendable {
      private let stage: Stage<Output>
      init(_ stage: Stage<Output>) { self.stage = stage }
      deinit { stage.cancel() }
    }

    fileprivate init(_ map: ParallelMap) {
      let stage = Stage<Output>(width: map.width)
      self.stage = stage
      reading = Reading(stage)
      let source = Task(executorPreference: map.pool) {
        do {
          var elements = map.base.makeAsyncIterator()
          while await stage.room(), let element = try await elements.next() {
            stage.add(Task(executorPreference: map.pool) { try await map.transform(element) })
          }
          stage.finish(nil)
        } catch {
          stage.finish(error)
        }
      }
      stage.isRead(by: source)
    }

    public mutating func next() async throws -> Output? {
      let stage = stage
      return try await withTaskCancellationHandler {
        guard let task = try await stage.next() else { return nil }
        do {
          let output = try await task.value
          stage.give()
          return output
        } catch {
          stage.cancel()
          throw error
        }
      } onCancel: {
        stage.cancel()
      }
    }
  }
}

/// What is on its way, in order: one source adds tasks while there is room, one reader takes them.
// SAFETY: everything is under the mutex.
private final class Stage<Output: Sendable>: @unchecked Sendable {
  private enum End { case no, finished, failed(any Error), cancelled }

  private let mutex = Mutex()
  private let width: Int
  /// Tasks whose results have not been taken.
  private var count = 0
  private var tasks = Queue<Task<Output, any Error>>()
  /// The one that the reader waits for.
  private var taken: Task<Output, any Error>?
  private var source: Task<Void, Never>?
  private var end = End.no
  private var waitingSource: UnsafeContinuation<Bool, Never>?
  private var waitingReader: UnsafeContinuation<Void, Never>?

  init(width: Int) { self.width = width }

  func isRead(by source: Task<Void, Never>) {
    let isCancelled = mutex.withLock {
      self.source = source
      if case .cancelled = end { return true }
      return false
    }
    if isCancelled { source.cancel() }
  }

  // MARK: The source

  /// Waits until one more may come; false: nobody wants it.
  func room() async -> Bool {
    await withUnsafeContinuation { continuation in
      let answer: Bool? = mutex.withLock {
        if case .cancelled = end { return false }
        if count < width { return true }
        waitingSource = continuation
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  func add(_ task: Task<Output, any Error>) {
    let (isCancelled, reader) = mutex.withLock {
      if case .cancelled = end { return (true, waitingReader.take()) }
      count += 1
      tasks.append(task)
      return (false, waitingReader.take())
    }
    if isCancelled { task.cancel() }
    reader?.resume()
  }

  func finish(_ error: (any Error)?) {
    let reader = mutex.withLock {
      if case .no = end { end = error.map { .failed($0) } ?? .finished }
      return waitingReader.take()
    }
    reader?.resume()
  }

  // MARK: The reader

  /// The next task; nil: there are no more.
  func next() async throws -> Task<Output, any Error>? {
    while true {
      let (task, end) = mutex.withLock {
        taken = tasks.popFirst()
        return (taken, self.end)
      }
      if let task { return task }
      switch end {
      case .no: await somethingToRead()
      case .finished: return nil
      case .failed(let error):
        // Told once.
        mutex.withLock { self.end = .finished }
        throw error
      case .cancelled: throw CancellationError()
      }
    }
  }

  private func somethingToRead() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      let waits = mutex.withLock {
        guard case .no = end, tasks.isEmpty else { return false }
        waitingReader = continuation
        return true
      }
      if !waits { continuation.resume() }
    }
  }

  /// A result was taken: there is room for one more.
  func give() {
    let source = mutex.withLock {
      count -= 1
      taken = nil
      return waitingSource.take()
    }
    source?.resume(returning: true)
  }

  func cancel() {
    var cancelled: [Task<Output, any Error>] = []
    let (source, waitingSource, reader) = mutex.withLock {
      if case .finished = end {} else { end = .cancelled }
      if let taken { cancelled.append(taken) }
      while let task = tasks.popFirst() { cancelled.append(task) }
      return (self.source, self.waitingSource.take(), waitingReader.take())
    }
    source?.cancel()
    for task in cancelled { task.cancel() }
    waitingSource?.resume(returning: false)
    reader?.resume()
  }
}
