import CSwiftRuntime

/// The address of the Swift task that runs on this thread, which is all that there is to know it by; 0: none does.
var currentTask: UInt { UInt(bitPattern: swift_task_getCurrent()) }

/// Whether this is a Swift task's code.
var isInTask: Bool { currentTask != 0 }

/// Whether a task was cancelled; 0, which is none, was not.
@inline(__always) func isCancelled(task: UInt) -> Bool {
  UnsafeMutableRawPointer(bitPattern: task).map { swift_task_isCancelled($0) } ?? false
}
