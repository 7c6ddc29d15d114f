import CTenonRoot
import CTrace
import Glibc

extension Target {
  private static let bytes: UInt64 = 4 << 20

  /// Has a process record for so long, or until this program is to end. It is only written to for that: the mask, and when
  /// that was.
  func record(_ copies: [Copy], for time: UInt64) throws(Failure) {
    if copies.contains(where: { $0.recorded(in: memory) != 0 }) {
      throw Failure("process \(pid) is recording by itself: see tenon trace --last")
    }
    let file = open("/proc/\(pid)/mem", O_RDWR | O_CLOEXEC)
    guard file >= 0 else { throw .system("process \(pid) cannot be written to") }
    defer { close(file) }
    func write(_ address: UInt, _ word: UInt64) -> Bool {
      var word = word
      return pwrite(file, &word, 8, off_t(address)) == 8
    }
    let mask = UInt32(TENON__INSPECT_ALL)
    for copy in copies where copy.hasRecord {
      guard copy.record(mask, bytes: Target.bytes, in: memory, write) else {
        throw .system("process \(pid) cannot be written to")
      }
    }
    tenon__wait_for_end(time)
    for copy in copies where copy.hasRecord {
      _ = copy.record(0, bytes: 0, in: memory, write)
    }
  }
}
