/// What a thread was in at one moment.
struct Sample {
  let thread: Int32
  let threadName: String?
  let time: UInt64
  /// It slept in a job, and so kept all others of its executor from running.
  let isBlocked: Bool
  /// Return addresses, innermost first.
  var native: [UInt]
  /// How many of them are of the task that runs: up to its async function.
  var nativeOfTask = 0
  /// Where the task goes on after that function, innermost first.
  var suspended: [UInt] = []
  var task: UInt?
  /// The call that it belongs to, by its future.
  var call: UInt?
  var callName: String?
  var taskName: String?
  var executor: String?
}
