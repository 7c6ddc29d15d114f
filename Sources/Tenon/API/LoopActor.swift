/// An actor that lives on a loop: its methods run in the polls of `executor`, and code that already does calls them
/// without a switch.
///
///     actor Connections: LoopActor {
///       nonisolated let executor: LoopExecutor
///       init(on executor: LoopExecutor) { self.executor = executor }
///     }
public protocol LoopActor: Actor {
  nonisolated var executor: LoopExecutor { get }
}

extension LoopActor {
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }
}
