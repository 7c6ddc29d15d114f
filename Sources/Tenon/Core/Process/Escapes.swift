import CSwiftRuntime
import Synchronization

/// Counts the jobs that Swift's runtime sends to its own threads, by the hook that it offers. Other code may
/// replace that hook; the one that was there before is called.
enum Escapes {
  private static let counted = Atomic<UInt64>(0)
  private static let isCounting = Atomic<Bool>(false)
  // SAFETY: written before the hook is in place, once.
  nonisolated(unsafe) private static var before: UnsafeMutableRawPointer?

  static var count: UInt64 { counted.load(ordering: .relaxed) }

  static func start() {
    guard !isCounting.exchange(true, ordering: .acquiringAndReleasing) else { return }
    let hook: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = {
      job, original in
      Escapes.counted.wrappingAdd(1, ordering: .relaxed)
      if let before = Escapes.before {
        tenon__call_enqueue_hook(before, job, original)
      } else {
        tenon__call_enqueue(original, job)
      }
    }
    let pointer = unsafeBitCast(hook, to: UnsafeMutableRawPointer.self)
    before = tenon__exchange_enqueue_hook(nil)
    _ = tenon__exchange_enqueue_hook(pointer)
  }
}
