import CSwiftRuntime

/// The address of the Swift task that runs on this thread, which is all that there is to know it by; 0: none does.
var currentTask: UInt { UInt(bitPattern: swift_task_getCurrent()) }

/// Whether this is a Swift task's code.
var isInTask: Bool { currentTask != 0 }
