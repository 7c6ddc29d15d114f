import CBenchExport
import CTenon
import Glibc
import Tenon

// The same by hand.

final class HandCounter {
  private var sum: Int64 = 0
  func add(_ number: Int64) -> Int64 {
    sum &+= number
    return sum
  }
}

@c @implementation public func by_hand_counter_create() -> UnsafeMutableRawPointer? {
  Unmanaged.passRetained(HandCounter()).toOpaque()
}

@c @implementation public func by_hand_counter_release(_ counter: UnsafeMutableRawPointer?) {
  if let counter { Unmanaged<HandCounter>.fromOpaque(counter).release() }
}

@c @implementation public func by_hand_counter_add(
  _ counter: UnsafeMutableRawPointer?, _ number: Int64, _ result_out: UnsafeMutablePointer<Int64>?
) -> tenon_status_t {
  guard let counter, let result_out else { return TENON_STATUS_INVALID }
  result_out.pointee = Unmanaged<HandCounter>.fromOpaque(counter)._withUnsafeGuaranteedRef {
    $0.add(number)
  }
  return TENON_STATUS_OK
}

struct HandSample: ValueConvertible {
  let sample: Sample

  consuming func makeValue() -> tenon_value_t {
    var name = sample.name
    return name.withUTF8 { text in
      sample.values.withUnsafeBufferPointer { values in
        let head = MemoryLayout<by_hand_sample_t>.size
        let memory = malloc(head + values.count * 8 + text.count + 1).unsafelyUnwrapped
        let block = memory.bindMemory(to: by_hand_sample_t.self, capacity: 1)
        let numbers = (memory + head).bindMemory(to: Double.self, capacity: values.count)
        let letters = (memory + head + values.count * 8).bindMemory(
          to: CChar.self, capacity: text.count + 1)
        if let from = values.baseAddress { numbers.update(from: from, count: values.count) }
        if let from = text.baseAddress { memcpy(letters, from, text.count) }
        letters[text.count] = 0
        block.pointee = by_hand_sample_t(
          time: sample.time, name: letters, name_size: text.count, values: numbers,
          values_count: values.count)
        return tenon_value_pointer(memory, nil) { pointer, _ in free(pointer) }
      }
    }
  }
}

func read(_ from: by_hand_sample_t) -> Sample? {
  guard let text = from.name, let name = String(validatingCString: text) else { return nil }
  return Sample(
    name: name, time: from.time,
    values: Array(UnsafeBufferPointer(start: from.values, count: from.values_count)))
}

@c @implementation public func by_hand_time_of(
  _ sample: UnsafePointer<by_hand_sample_t>?, _ time_out: UnsafeMutablePointer<Int64>?
) -> tenon_status_t {
  guard let sample, let time_out, let sample = read(sample.pointee) else {
    return TENON_STATUS_INVALID
  }
  time_out.pointee = timeOf(sample)
  return TENON_STATUS_OK
}

@c @implementation public func by_hand_later(
  _ executor: OpaquePointer?, _ sample: UnsafePointer<by_hand_sample_t>?,
  _ sample_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let sample, let sample = read(sample.pointee) else { return TENON_STATUS_INVALID }
  return export(on: executor, future: sample_out) { HandSample(sample: await later(sample)) }
}

@c @implementation public func by_hand_numbers(
  _ executor: OpaquePointer?, _ count: Int64, _ numbers_out: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  export(on: executor, stream: numbers_out) { sink in
    for try await number in Repeated(element: Int64(1), count: Int(count)) {
      try await sink.send(number)
    }
  }
}
