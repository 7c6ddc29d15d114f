import Conformance
import Testing

/// Runs the cases that are written in C against the public headers, one by one: they compare counters exactly.
@Suite(.serialized) struct ConformanceTests {
  @Test(arguments: 0..<Int(tenon_conformance_count))
  func conformance(_ index: Int) {
    let failure = tenon_conformance_run(index)
    #expect(failure == nil, "\(name(of: index)): \(failure.map { String(cString: $0) } ?? "")")
  }

  private func name(of index: Int) -> String {
    String(cString: tenon_conformance_name(index))
  }
}
