import CTenon
import Synchronization

@testable import Tenon

/// A host in which time passes when the test says so, and that is polled by hand.
final class VirtualHost: Sendable {
  /// More than a timer may be late.
  static let unit: UInt64 = 1 << 20

  private let time = Atomic<UInt64>(0)

  var now: UInt64 {
    get { time.load(ordering: .relaxed) }
    set { time.store(newValue, ordering: .relaxed) }
  }

  /// The executor must be closed before this goes away.
  func makeExecutor() throws -> LoopExecutor {
    var host = tenon_executor_host_t()
    host.struct_size = MemoryLayout<tenon_executor_host_t>.size
    host.wake = { _ in }
    host.now_ns = { Unmanaged<VirtualHost>.fromOpaque($0!).takeUnretainedValue().now }
    return try LoopExecutor.create(
      host: host, context: Unmanaged.passUnretained(self).toOpaque(), label: nil
    ).get()
  }
}
