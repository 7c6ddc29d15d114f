/// A driver of calls in the target: see Sources/Tenon/Core/Calls/Driver.swift.
struct Driver {
  let task: UInt
  /// Of the call that it is in; nil: of none.
  let promise: Handle?
  /// The address of that one's name.
  let name: UInt

  /// Where it says which task it is; 0: of none yet.
  static func task(at driver: UInt, _ word: (UInt) -> UInt) -> UInt { word(driver &+ 64) }

  /// `word` reads the target, as it was or as it is now.
  init(at driver: UInt, _ word: (UInt) -> UInt) {
    var promise = Handle(word(driver &+ 16))
    // Cancelled: then an optional handle behind has it.
    if promise.bits == 1 && word(driver &+ 56) & 0xff == 0 {
      promise = Handle(word(driver &+ 48))
    }
    self.promise = promise.kind == .promise ? promise : nil
    (name, task) = (word(driver &+ 32), Driver.task(at: driver, word))
  }
}
