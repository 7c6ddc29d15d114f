import CTenon

/// One thing to run in a poll: a C function with its context, or a job of Swift's runtime.
struct Job {
  /// nil: `context` is an UnownedJob.
  let function: tenon_job_fn?
  let context: UnsafeMutableRawPointer?

  @inline(__always) init(_ function: tenon_job_fn, _ context: UnsafeMutableRawPointer?) {
    self.function = function
    self.context = context
  }

  @inline(__always) init(_ job: UnownedJob) {
    function = nil
    context = unsafeBitCast(job, to: UnsafeMutableRawPointer.self)
  }

  /// A job whose context is a handle.
  @inline(__always) init(_ function: tenon_job_fn, _ handle: Handle) {
    self.init(function, UnsafeMutableRawPointer(bitPattern: handle.bits))
  }

  @inline(__always) var swiftJob: UnownedJob { unsafeBitCast(context, to: UnownedJob.self) }
}
