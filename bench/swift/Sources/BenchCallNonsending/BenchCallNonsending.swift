// (d) The same by an author whose package says that async functions run where their caller does.

public import CTenon
import Tenon

func addOne(_ value: Int64) async -> Int64 {
  value + 1
}

@c(bench_call_add_one_nonsending)
public func exportAddOne(
  _ executor: OpaquePointer?, _ value: Int64, _ futureOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  exportValue(on: executor, future: futureOut, with: value) {
    tenon_value_i64(await addOne($0))
  }
}
