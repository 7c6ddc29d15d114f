import CThread
import Glibc

/// What a thread calls where it happens: callbacks without an executor, and drop functions.
///
/// Two rules make it safe to call anything from there, and keep a chain of a million of them on the stack of a few:
///
/// - **Tenon's own callbacks come first.** They pass on what has happened (an input has ended, a scope is cancelled, a thread that
///   waits may go on) and never wait for somebody else's code. While one runs, others and whatever is to be told queue up; so
///   whoever is told finds all of it recorded.
/// - **Nobody else's nest without bound.** A completion callback waits for the end of any that runs; cancel callbacks, drop
///   functions and closes of executors that were let go of are called at once up to `nestingMax` in one another, and then when the
///   innermost has returned.
///
/// A thread that waits inside a callback counts as one that is outside of any: `whileWaiting`.
enum Delivery {
  enum Lane { case completion, cancel, drop, close }

  /// A function to call. Its type is that of a value's drop function.
  struct Item {
    let function: @convention(c) (UnsafeMutableRawPointer?, Int) -> Void
    let context: UnsafeMutableRawPointer?
    var size = 0

    @inline(__always) fileprivate func call() { function(context, size) }
  }

  /// How many of a kind may be called inside one another.
  fileprivate static let nestingMax = 16

  fileprivate struct Turn: ~Copyable {
    /// One of Tenon's own runs.
    var isPassingOn = false
    var depths = Depths()
    /// How many closes run: they are no callbacks, and a wait inside of one changes nothing about them.
    var closing = 0
    /// How many items are in the queues but for `own`.
    var waiting = 0
    var own = Queue<Item>()
    var completions = Queue<Item>()
    var cancels = Queue<Item>()
    var drops = Queue<Item>()
    var closes = Queue<Item>()
  }

  /// How many callbacks of others run, inside one another.
  fileprivate struct Depths {
    var completions = 0
    var cancels = 0
    var drops = 0
    /// What a host has said for what it calls: see tenon_context_run().
    var contexts = 0

    var isOutside: Bool { completions | cancels | drops | contexts == 0 }
  }

  /// Ends a thread's turn with the thread.
  private static let key = tenon__key(Int32(tenon__key_turn)) { memory in
    tenon__set_turn(nil)
    let turn = memory?.assumingMemoryBound(to: Turn.self)
    turn?.deinitialize(count: 1)
    turn?.deallocate()
  }

  @inline(__always) private static var known: UnsafeMutablePointer<Turn>? {
    tenon__turn()?.assumingMemoryBound(to: Turn.self)
  }

  private static var current: UnsafeMutablePointer<Turn> { known ?? make() }

  @inline(never) private static func make() -> UnsafeMutablePointer<Turn> {
    let turn = UnsafeMutablePointer<Turn>.allocate(capacity: 1)
    turn.initialize(to: Turn())
    pthread_setspecific(key, turn)
    tenon__set_turn(turn)
    return turn
  }

  /// Calls somebody's function now, or as soon as the rules allow.
  static func call(_ item: Item, _ lane: Lane) {
    let turn = current
    switch lane {
    case .completion:
      guard turn.mayComplete else { return turn.wait(item, lane) }
      runCompletion(item, turn)
    case .cancel:
      guard turn.mayCancel else { return turn.wait(item, lane) }
      runCancel(item, turn)
    case .drop:
      guard turn.mayDrop else { return turn.wait(item, lane) }
      runDrop(item, turn)
    case .close:
      guard turn.mayClose else { return turn.wait(item, lane) }
      runClose(item, turn)
    }
    runWaiting(turn)
  }

  /// Calls one of Tenon's own functions now, or after the one that runs: then `queued` is called before this returns.
  @inline(__always) static func passOn(_ item: Item, queued: () -> Void = {}) {
    let turn = current
    if turn.pointee.isPassingOn {
      queued()
      return turn.pointee.own.append(item)
    }
    turn.pointee.isPassingOn = true
    item.call()
    endPassingOn(turn)
  }

  /// Calls `body`, which records several things that belong together: nobody is told of one on this thread before all
  /// are recorded. Everybody has been told, as far as the rules allow, when this returns.
  static func passOn<Result>(_ body: () -> Result) -> Result {
    let turn = current
    if turn.pointee.isPassingOn { return body() }
    turn.pointee.isPassingOn = true
    let result = body()
    endPassingOn(turn)
    return result
  }

  /// Calls `body` with a context of this thread's: a wait in there is outside of it.
  static func inContext<Result>(
    _ context: UnsafeMutableRawPointer, _ body: () throws -> Result
  ) rethrows -> Result {
    let (turn, outer) = (current, tenon__context())
    turn.pointee.depths.contexts += 1
    tenon__set_context(context)
    defer {
      turn.pointee.depths.contexts -= 1
      tenon__set_context(outer)
    }
    return try body()
  }

  /// Calls `body`, which waits on this thread, or runs a loop: what is to be told by then is told first, and what becomes due in
  /// it at once, as outside of any callback; for it may be what `body` waits for. What runs has a context of its own, or none.
  static func whileWaiting<Result>(_ body: () -> Result) -> Result {
    guard let turn = known, isInside else { return body() }
    let outside = (turn.pointee.depths, turn.pointee.isPassingOn)
    let context = tenon__context()
    turn.pointee.depths = Depths()
    tenon__set_context(nil)
    defer {
      (turn.pointee.depths, turn.pointee.isPassingOn) = outside
      tenon__set_context(context)
    }
    endPassingOn(turn)
    return body()
  }

  /// Whether this thread is inside a callback or drop function of somebody's, or a context; or in a cancellation handler of
  /// Swift's, which runs while a cancel is passed on.
  @inline(__always) static var isInside: Bool {
    guard let turn = known else { return false }
    return turn.pointee.isPassingOn || !turn.pointee.depths.isOutside
  }

  @inline(__always)
  private static func endPassingOn(_ turn: UnsafeMutablePointer<Turn>) {
    while let next = turn.pointee.own.popFirst() { next.call() }
    turn.pointee.isPassingOn = false
    runWaiting(turn)
  }

  /// Calls what waits and may be called now.
  @inline(__always)
  private static func runWaiting(_ turn: UnsafeMutablePointer<Turn>) {
    if turn.pointee.waiting != 0 { runAllWaiting(turn) }
  }

  @inline(never) private static func runAllWaiting(_ turn: UnsafeMutablePointer<Turn>) {
    while true {
      if turn.mayDrop, let next = turn.pointee.drops.popFirst() {
        turn.pointee.waiting -= 1
        runDrop(next, turn)
      } else if turn.mayComplete, let next = turn.pointee.completions.popFirst() {
        turn.pointee.waiting -= 1
        runCompletion(next, turn)
      } else if turn.mayCancel, let next = turn.pointee.cancels.popFirst() {
        turn.pointee.waiting -= 1
        runCancel(next, turn)
      } else if turn.mayClose, let next = turn.pointee.closes.popFirst() {
        turn.pointee.waiting -= 1
        runClose(next, turn)
      } else {
        return
      }
    }
  }

  @inline(__always)
  private static func runCompletion(_ item: Item, _ turn: UnsafeMutablePointer<Turn>) {
    turn.pointee.depths.completions += 1
    item.call()
    turn.pointee.depths.completions -= 1
  }

  @inline(__always)
  private static func runCancel(_ item: Item, _ turn: UnsafeMutablePointer<Turn>) {
    turn.pointee.depths.cancels += 1
    item.call()
    turn.pointee.depths.cancels -= 1
  }

  @inline(__always)
  private static func runDrop(_ item: Item, _ turn: UnsafeMutablePointer<Turn>) {
    turn.pointee.depths.drops += 1
    item.call()
    turn.pointee.depths.drops -= 1
  }

  private static func runClose(_ item: Item, _ turn: UnsafeMutablePointer<Turn>) {
    turn.pointee.closing += 1
    item.call()
    turn.pointee.closing -= 1
  }
}

extension UnsafeMutablePointer where Pointee == Delivery.Turn {
  fileprivate func wait(_ item: Delivery.Item, _ lane: Delivery.Lane) {
    pointee.waiting += 1
    switch lane {
    case .completion: pointee.completions.append(item)
    case .cancel: pointee.cancels.append(item)
    case .drop: pointee.drops.append(item)
    case .close: pointee.closes.append(item)
    }
  }

  fileprivate var mayComplete: Bool {
    !pointee.isPassingOn && pointee.depths.completions | pointee.depths.cancels == 0
  }

  fileprivate var mayCancel: Bool {
    !pointee.isPassingOn && pointee.depths.cancels < Delivery.nestingMax
  }

  fileprivate var mayDrop: Bool {
    !pointee.isPassingOn && pointee.depths.drops < Delivery.nestingMax
  }

  fileprivate var mayClose: Bool {
    !pointee.isPassingOn && pointee.closing < Delivery.nestingMax
  }
}
