import CTenon
import CTenonRoot

/// One thing to run in a poll: a C function with its context, or a job of Swift's runtime.
struct Job {
  /// nil: `context` is an UnownedJob, with bit 0 set if an actor that lives on the loop is to run it, and bit 1 if it is a
  /// task's that prefers no executor, on the only one.
  let function: tenon_job_fn?
  let context: UnsafeMutableRawPointer?

  @inline(__always) init(_ function: tenon_job_fn, _ context: UnsafeMutableRawPointer?) {
    self.function = function
    self.context = context
  }

  @inline(__always) init(_ job: UnownedJob, isIsolated: Bool = false) {
    function = nil
    let bits = unsafeBitCast(job, to: UInt.self)
    context = UnsafeMutableRawPointer(bitPattern: isIsolated ? bits | 1 : bits)
  }

  @inline(__always) init(withoutPreference job: UnownedJob) {
    function = nil
    context = UnsafeMutableRawPointer(bitPattern: unsafeBitCast(job, to: UInt.self) | 2)
  }

  /// A job whose context is a handle.
  @inline(__always) init(_ function: tenon_job_fn, _ handle: Handle) {
    self.init(function, UnsafeMutableRawPointer(bitPattern: handle.bits))
  }

  @inline(__always) var isIsolated: Bool { UInt(bitPattern: context) & 1 != 0 }
  @inline(__always) var hasNoPreference: Bool { UInt(bitPattern: context) & 2 != 0 }

  /// Whether it is an actor's.
  @inline(__always) var isSerial: Bool { function == nil && isIsolated }

  @inline(__always) var swiftJob: UnownedJob {
    unsafeBitCast(UInt(bitPattern: context) & ~3, to: UnownedJob.self)
  }

  /// Where the job of the runtime is, if it is one, or its context.
  var address: UnsafeMutableRawPointer? {
    UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: context) & ~3)
  }
}

extension Job {
  /// Whether it tells a callback or ends a wait, which are pending by themselves, or a timer that is still in the wheel.
  var isCountedElsewhere: Bool {
    let handle = Handle(bits: UInt(bitPattern: context))
    if function == nil { return false }
    if handle.is(.registration) || handle.is(.promise) { return true }
    guard handle.is(.timer), let slot = registrationTable.find(handle, .timer) else { return false }
    return RegistrationSlot.at(slot).pointee.isLinked
  }
}

extension Job {
  /// For those who look later: see tenon__inspect_event_t.
  @inline(never) func recordBegin(_ executor: ExecutorName) {
    let function = unsafeBitCast(function, to: UInt.self)
    tenon__inspect_keep_job(
      UInt32(tenon__inspect_job_begins), UInt64(executor.bits), UInt64(function),
      UInt64(UInt(bitPattern: address)))
  }

  @inline(never) static func recordEnd(_ executor: ExecutorName) {
    Recorder.keep(tenon__inspect_job_ends, UInt(executor.bits), 0)
  }
}
