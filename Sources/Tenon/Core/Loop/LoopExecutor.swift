import CTenon
import Synchronization

/// Runs Swift code inside the polls of somebody's event loop, on the thread that polls.
///
/// It is a task executor, so that tasks can prefer it, and has a serial executor, so that actors can live on it: see
/// ``LoopActor``. From C it is a `tenon_executor_t`.
// SAFETY: all that changes is in `state`, which says who may touch what.
public class LoopExecutor: TaskExecutor, @unchecked Sendable {
  let state: UnsafeMutablePointer<ExecutorState>
  let name: ExecutorName
  let handle: Handle
  /// For people.
  let label: String?
  let serial: LoopSerialExecutor
  /// Whether it counts no more: see ``SoleExecutor``.
  private let hasLeft = Atomic<Bool>(false)

  init(state: UnsafeMutablePointer<ExecutorState>, handle: Handle, label: String?) {
    self.state = state
    self.handle = handle
    self.label = label
    name = ExecutorName(handle)
    serial = LoopSerialExecutor(state: state, name: name)
  }

  /// Makes an executor with one handle for the caller to release; or says why not.
  static func create(
    host: tenon_executor_host_t?, context: UnsafeMutableRawPointer?, label: String?,
    _ make: (UnsafeMutablePointer<ExecutorState>, Handle, String?) -> LoopExecutor = {
      LoopExecutor(state: $0, handle: $1, label: $2)
    }
  ) -> Result<LoopExecutor, StatusError> {
    guard SoleExecutor.admit() else { return .failure(StatusError(TENON_STATUS_BUSY)) }
    var isMade = false
    let created = createAdmitted(host: host, context: context, label: label) {
      isMade = true
      return make($0, $1, $2)
    }
    // One that was made leaves by itself.
    if !isMade { SoleExecutor.leave() }
    return created
  }

  private static func createAdmitted(
    host: tenon_executor_host_t?, context: UnsafeMutableRawPointer?, label: String?,
    _ make: (UnsafeMutablePointer<ExecutorState>, Handle, String?) -> LoopExecutor
  ) -> Result<LoopExecutor, StatusError> {
    guard !Memory.isShort, var (index, memory) = executorTable.take() else {
      return .failure(StatusError(SlotTable.exhaustion()))
    }
    if index == 0 {
      // Index 0 and generation 0 would be the name that means none: the first slot stays out of use.
      guard let second = executorTable.take() else {
        return .failure(StatusError(SlotTable.exhaustion()))
      }
      (index, memory) = second
    }
    let slot = ExecutorSlot.at(memory)
    guard index <= ExecutorName.indexMax else {
      executorTable.give(index, memory)
      return .failure(StatusError(TENON_STATUS_NO_RESOURCES))
    }
    if slot.pointee.state == nil {
      let state = UnsafeMutablePointer<ExecutorState>.allocate(capacity: 1)
      state.initialize(to: ExecutorState())
      ExecutorLayout.enter(state)
      slot.pointee.adopt(state)
    }
    let state = slot.pointee.state.unsafelyUnwrapped
    let life = slot.pointee.head.word.load(ordering: .relaxed) & Handle.lifeMask
    let handle = Handle(.executor, index: index, word: life)
    let executor = make(state, handle, label)
    state.open(executor.name, WakeSource(host: host, context: context))
    slot.pointee.object = Unmanaged.passRetained(executor).toOpaque()
    slot.pointee.head.word.store(life | 1, ordering: .releasing)
    executor.becomeLoopOfThisThread()
    return .success(executor)
  }

  deinit {
    // Tasks that prefer this executor retain it, so nothing can be on its way here any more.
    leave()
    let memory = executorTable.address(of: handle.index)
    let word = SlotTable.head(memory).pointee.word.load(ordering: .relaxed)
    guard handle.lives(in: word) else { return }
    SlotTable.head(memory).pointee.word.store(SlotTable.endedLife(of: word), ordering: .releasing)
    // Its name is not to be another executor's: a slot that has had them all is set apart.
    if ExecutorName.hasNext(handle, after: executorTable.firstGeneration) {
      executorTable.give(handle.index, memory)
    }
  }

  /// Nothing of it runs any more.
  func leave() {
    if !hasLeft.exchange(true, ordering: .relaxed) { SoleExecutor.leave() }
  }

  // MARK: What Swift's runtime calls

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if !state.enqueue(Job(job), name, .inFlight) {
      // It may never run again: the executor promised so.
      state.pointee.abandonedJobs.wrappingAdd(1, ordering: .relaxed)
    }
  }

  /// What an actor on this loop answers for its `unownedExecutor`. It lives as long as this object does.
  public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    serial.asUnownedSerialExecutor()
  }

  // MARK: Handles

  /// The executor behind a handle, or why there is none.
  static func find(_ handle: Handle) -> Result<LoopExecutor, StatusError> {
    guard let memory = executorTable.find(handle, .executor) else {
      return .failure(StatusError(SlotTable.refusal(handle)))
    }
    // Retained for the moment in which it is read, lest another thread ends it meanwhile.
    let status = changeReferences(handle, memory, by: 1)
    guard status == TENON_STATUS_OK, let object = ExecutorSlot.at(memory).pointee.object else {
      return .failure(StatusError(status))
    }
    let executor = Unmanaged<LoopExecutor>.fromOpaque(object).takeUnretainedValue()
    _ = release(handle)
    return .success(executor)
  }

  /// Whether there is an executor behind a handle, or why not.
  @inline(__always) static func check(_ handle: Handle) -> tenon_status_t {
    guard let memory = executorTable.find(handle, .executor) else {
      return SlotTable.refusal(handle)
    }
    let word = SlotTable.head(memory).pointee.word.load(ordering: .acquiring)
    if _fastPath(handle.lives(in: word) && word & ExecutorSlot.referencesMask != 0) {
      return TENON_STATUS_OK
    }
    return SlotTable.refusal(
      handle, word: handle.lives(in: word) ? SlotTable.endedLife(of: word) : word)
  }

  /// The state of the executor behind a handle; nil: `check` says why.
  @inline(__always) static func state(_ handle: Handle) -> UnsafeMutablePointer<ExecutorState>? {
    guard let memory = executorTable.find(handle, .executor) else { return nil }
    let slot = ExecutorSlot.at(memory)
    let word = slot.pointee.head.word.load(ordering: .acquiring)
    guard handle.lives(in: word), word & ExecutorSlot.referencesMask != 0 else { return nil }
    return slot.pointee.state
  }

  static func retain(_ handle: Handle) -> tenon_status_t {
    guard let memory = executorTable.find(handle, .executor) else {
      return SlotTable.refusal(handle)
    }
    return changeReferences(handle, memory, by: 1)
  }

  /// Gives a handle's reference back. The last one closes, now or at the end of the poll that is running.
  static func release(_ handle: Handle) -> tenon_status_t {
    guard let memory = executorTable.find(handle, .executor) else {
      return SlotTable.refusal(handle)
    }
    let object = ExecutorSlot.at(memory).pointee.object
    var word = SlotTable.head(memory).pointee.word.load(ordering: .acquiring)
    while true {
      guard handle.lives(in: word), word & ExecutorSlot.referencesMask != 0 else {
        return SlotTable.refusal(
          handle, word: handle.lives(in: word) ? SlotTable.endedLife(of: word) : word)
      }
      Handover.pass(memory)
      let (exchanged, original) = SlotTable.head(memory).pointee.word.weakCompareExchange(
        expected: word, desired: word - 1, ordering: .acquiringAndReleasing)
      if exchanged {
        if word & ExecutorSlot.referencesMask == 1, let object {
          // Its callbacks may let go of executors, whose callbacks ...
          Delivery.call(Delivery.Item(function: closeReleased, context: object), .close)
        }
        return TENON_STATUS_OK
      }
      word = original
    }
  }

  private static func changeReferences(
    _ handle: Handle, _ memory: UnsafeMutableRawPointer, by change: UInt
  ) -> tenon_status_t {
    var word = SlotTable.head(memory).pointee.word.load(ordering: .acquiring)
    while true {
      guard handle.lives(in: word), word & ExecutorSlot.referencesMask != 0 else {
        return SlotTable.refusal(
          handle, word: handle.lives(in: word) ? SlotTable.endedLife(of: word) : word)
      }
      guard word & ExecutorSlot.referencesMask != ExecutorSlot.referencesMask else {
        return TENON_STATUS_NO_RESOURCES
      }
      let (exchanged, original) = SlotTable.head(memory).pointee.word.weakCompareExchange(
        expected: word, desired: word + change, ordering: .acquiringAndReleasing)
      if exchanged { return TENON_STATUS_OK }
      word = original
    }
  }
}

/// Nobody has a handle of the executor any more. Takes its reference over.
private func closeReleased(_ executor: UnsafeMutableRawPointer?, _ size: Int) {
  let object = Unmanaged<LoopExecutor>.fromOpaque(executor.unsafelyUnwrapped)
  let state = object._withUnsafeGuaranteedRef {
    $0.closeUnattended()
    return $0.state
  }
  state.letGo(object)
}

/// A status on its way out of a function that returns something else.
struct StatusError: Error {
  let status: tenon_status_t
  init(_ status: tenon_status_t) { self.status = status }
}

extension UnsafeMutablePointer where Pointee == ExecutorState {
  /// Begins a life.
  fileprivate func open(_ name: ExecutorName, _ newSource: consuming WakeSource) {
    pointee.mutex.lock()
    pointee.name.store(name.bits, ordering: .relaxed)
    let isRunnable = newSource.host.map { $0.run_once != nil } ?? true
    pointee.isRunnable.store(isRunnable, ordering: .relaxed)
    pointee.hasOwnTime.store(newSource.host?.now_ns != nil, ordering: .relaxed)
    pointee.tellsAlive.store(newSource.host?.set_alive != nil, ordering: .relaxed)
    shared.pointee.isSleeping = newSource.isWatched
    shared.pointee.isAsked = false
    source.pointee = consume newSource
    shared.pointee.isSignalled = false
    shared.pointee.pendingElsewhere = 0
    shared.pointee.closeDeadline = .max
    shared.pointee.isUnattended = false
    shared.pointee.cancelling = .no
    shared.pointee.leftBehind = []
    forgetInterruptions()
    resetResidence()
    pointee.phase.store(.open, ordering: .releasing)
    pointee.mutex.unlock()
    pointee.home.store(pool == nil ? currentThread : 0, ordering: .relaxed)
    pointee.pendingHere.store(0, ordering: .relaxed)
    own.pointee.armedDeadline = .max
    pointee.toldAlive.store(false, ordering: .relaxed)
    own.pointee.scheduledDrivers = 0
    own.pointee.wasCutShort = false
    own.pointee.beforeJobs = nil
    own.pointee.descriptors = nil
    own.pointee.jobsOverdue = nil
    pointee.wakes.store(0, ordering: .relaxed)
    pointee.lateWakes.store(0, ordering: .relaxed)
    pointee.abandonedJobs.store(0, ordering: .relaxed)
    pointee.pollCount.store(0, ordering: .relaxed)
    pointee.jobCount.store(0, ordering: .relaxed)
    pointee.callCount.store(0, ordering: .relaxed)
    pointee.driverCount.store(0, ordering: .relaxed)
    pointee.timerCount.store(0, ordering: .relaxed)
  }
}
