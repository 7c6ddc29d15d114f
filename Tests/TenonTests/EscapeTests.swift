import CTenon
import Testing

@testable import Tenon

/// Jobs of Swift's runtime that go to its own threads. `library-mode` is about a hook that somebody else had there before.
@Suite struct EscapeTests {
  private var escapes: UInt64 {
    var statistics = tenon_process_statistics_t()
    statistics.struct_size = MemoryLayout<tenon_process_statistics_t>.size
    #expect(tenon_process_get_statistics(&statistics) == TENON_STATUS_OK)
    return statistics.escapes
  }

  @Test func theyAreCountedAndRun() async {
    for _ in 0..<2 { #expect(tenon_process_count_escapes() == TENON_STATUS_OK) }
    let before = escapes
    let runs = Shared(0)
    for _ in 0..<10 { await Task.detached { runs.change { $0 += 1 } }.value }
    #expect(runs.value == 10)
    #expect(escapes >= before + 10)
  }
}
