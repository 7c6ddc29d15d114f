import CTenon
import Testing

@testable import Tenon

/// What a stream is, in a few lines: an array, who waits, and how it ended.
private struct ModelStream {
  enum End { case closed, failed, cancelled }
  let capacity: Int
  var items: [Int64] = []
  var end: End?
  var isCancelled = false
  var readerWaits = false
  var writerWaits = false

  var hasRoom: Bool {
    capacity == 0 ? readerWaits && items.isEmpty : items.count < capacity
  }

  /// What a send answers; `delivered` is what a waiting reader gets.
  mutating func send(_ item: Int64, waits: Bool, _ delivered: inout Int64?) -> tenon_status_t {
    if end != nil { return TENON_STATUS_CLOSED }
    if isCancelled { return TENON_STATUS_CANCELLED }
    guard hasRoom else {
      if !waits { return TENON_STATUS_PENDING }
      if writerWaits { return TENON_STATUS_BUSY }
      writerWaits = true
      return TENON_STATUS_PENDING
    }
    if readerWaits {
      readerWaits = false
      delivered = item
    } else {
      items.append(item)
    }
    return TENON_STATUS_OK
  }

  mutating func receive() -> (tenon_status_t, Int64?) {
    if !items.isEmpty {
      let item = items.removeFirst()
      if capacity != 0 { writerWaits = false }
      return (TENON_STATUS_OK, item)
    }
    return (endStatus, nil)
  }

  var endStatus: tenon_status_t {
    switch end {
    case .closed: TENON_STATUS_ENDED
    case .failed: TENON_STATUS_REJECTED
    case .cancelled: TENON_STATUS_CANCELLED
    case nil: TENON_STATUS_PENDING
    }
  }
}

/// Random programs, run against the model and the real thing.
@Suite struct StreamModelTests {
  @Test(arguments: [0, 1, 3, 64, 1024]) func randomProgramsAgreeWithTheModel(capacity: Int) throws {
    for seed in 0..<300 {
      var random = TestRandom(seed: UInt64(seed * 5 + capacity))
      var program = try StreamProgram(capacity: capacity)
      for _ in 0..<200 {
        program.step(&random)
        if program.hasFailed { break }
      }
      program.finish()
      #expect(!program.hasFailed, "seed \(seed), capacity \(capacity): \(program.failure)")
      if program.hasFailed { return }
    }
  }
}

private struct TestRandom {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func below(_ bound: UInt64) -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return (mixed ^ (mixed >> 31)) % bound
  }
}

private struct StreamProgram {
  private var model: ModelStream
  private let sink: OpaquePointer?
  private let stream: OpaquePointer?
  private var number: Int64 = 0
  private var room: OpaquePointer?
  private var item: OpaquePointer?
  /// The end as a future, of which there may be many; this is the last one that was asked for.
  private var end: OpaquePointer?
  private(set) var failure = ""

  var hasFailed: Bool { !failure.isEmpty }

  init(capacity: Int) throws {
    model = ModelStream(capacity: capacity)
    var config = tenon_stream_config_t()
    config.struct_size = MemoryLayout<tenon_stream_config_t>.size
    config.capacity = capacity
    var (sink, stream): (OpaquePointer?, OpaquePointer?)
    try #require(tenon_stream_create(&config, &sink, &stream) == TENON_STATUS_OK)
    (self.sink, self.stream) = (sink, stream)
  }

  private mutating func agree<Value: Equatable>(_ what: String, _ real: Value, _ model: Value) {
    if real != model && failure.isEmpty { failure = "\(what): \(real), and the model \(model)" }
  }

  mutating func step(_ random: inout TestRandom) {
    switch random.below(42) {
    case 0..<11: send(waits: random.below(2) == 0)
    case 11..<19: receive()
    case 19..<25: next()
    case 25: giveUpRoom(cancels: random.below(2) == 0)
    case 26, 27: giveUpItem(cancels: random.below(2) == 0)
    case 36: lookAtRoom()
    case 37, 38: lookAtItem()
    case 39...41: receive(atLeast: 1 + Int(random.below(UInt64(max(model.capacity, 1)))))
    case 28: if random.below(10) == 0 { cancel() }
    case 32, 33: copyEnd()
    case 34: letGoOfEnd()
    case 35: if random.below(10) == 0 { cancelByEnd() }
    case 29: if random.below(10) == 0 { end(random.below(3)) }
    default: sendMany(Int(random.below(6)))
    }
    lookAtWaits()
  }

  private mutating func send(waits: Bool) {
    var value = tenon_value_i64(number)
    var delivered: Int64?
    var future: OpaquePointer?
    let hadWait = model.writerWaits
    let expected = model.send(number, waits: waits, &delivered)
    let status = waits ? tenon_sink_send(sink, &value, &future) : tenon_sink_send(sink, &value, nil)
    agree("send", status, expected)
    if status == TENON_STATUS_OK { number += 1 }
    if waits && status == TENON_STATUS_PENDING && !hadWait {
      if let room { tenon_future_release(room) }
      room = future
    }
    settle(delivered)
  }

  private mutating func sendMany(_ count: Int) {
    // A waiting reader gets the first; the model sends one by one.
    var values = (0..<count).map { tenon_value_i64(number + Int64($0)) }
    var sent = 77
    var (expected, moved, delivered) = (TENON_STATUS_OK, 0, Int64?.none)
    if model.readerWaits && count > max(model.capacity, 1) { return }
    for _ in 0..<count {
      let status = model.send(number + Int64(moved), waits: false, &delivered)
      if status != TENON_STATUS_OK {
        if moved == 0 { expected = status }
        break
      }
      moved += 1
    }
    let status = values.withUnsafeMutableBufferPointer { buffer in
      var empty = tenon_value_none()
      return withUnsafeMutablePointer(to: &empty) {
        tenon_sink_send_batch(sink, buffer.baseAddress ?? $0, count, &sent, nil)
      }
    }
    agree("send many", status, expected)
    if status == TENON_STATUS_OK { agree("how many", sent, moved) }
    number += Int64(moved)
    settle(delivered)
  }

  /// The reader that waited has its item.
  private mutating func settle(_ delivered: Int64?) {
    guard let delivered else { return }
    var value = tenon_value_none()
    agree("taking the item", tenon_future_take(item, &value), TENON_STATUS_OK)
    agree("the item that was waited for", value.as.i64, delivered)
    tenon_future_release(item)
    item = nil
  }

  private mutating func receive() {
    let (expected, number) = model.receive()
    var value = tenon_value_none()
    var count = 0
    agree("receive", tenon_stream_next_batch(stream, &value, 1, &count, nil), expected)
    if let number { agree("item", value.as.i64, number) }
  }

  private mutating func lookAtRoom() {
    let expected =
      model.end != nil
      ? TENON_STATUS_CLOSED
      : model.isCancelled
        ? TENON_STATUS_CANCELLED : model.hasRoom ? TENON_STATUS_OK : TENON_STATUS_PENDING
    agree("room", tenon_sink_ready(sink, nil), expected)
  }

  private mutating func lookAtItem() {
    var lent = tenon_value_none()
    let expected = model.items.isEmpty ? model.endStatus : TENON_STATUS_OK
    agree("ready", tenon_stream_ready(stream, nil), expected)
    agree("peek", tenon_stream_peek(stream, &lent), expected)
    if let number = model.items.first { agree("the next", lent.as.i64, number) }
  }

  private mutating func receive(atLeast minimum: Int) {
    var expected = TENON_STATUS_PENDING
    var numbers: [Int64] = []
    if model.items.count >= minimum || model.end != nil {
      expected = model.items.isEmpty ? model.endStatus : TENON_STATUS_OK
      while !model.items.isEmpty, let number = model.receive().1 { numbers.append(number) }
    }
    let most = max(minimum, model.capacity, 1)
    var values = [tenon_value_t](repeating: tenon_value_none(), count: most)
    var count = 0
    agree(
      "at least", tenon_stream_next_at_least(stream, &values, minimum, most, &count, nil), expected)
    agree("how many at least", values.prefix(count).map { $0.as.i64 }, numbers)
  }

  private mutating func next() {
    var future: OpaquePointer?
    let status = tenon_stream_next(stream, &future)
    if model.items.isEmpty && model.end == nil {
      agree("next", status, model.readerWaits ? TENON_STATUS_BUSY : TENON_STATUS_OK)
      if status != TENON_STATUS_OK { return }
      agree("waiting", tenon_future_poll(future), TENON_STATUS_PENDING)
      model.readerWaits = true
      if model.capacity == 0 { model.writerWaits = false }
      item = future
      return
    }
    agree("next", status, TENON_STATUS_OK)
    let (expected, number) = model.receive()
    var value = tenon_value_none()
    let isValue = expected == TENON_STATUS_OK || expected == TENON_STATUS_ENDED
    agree("its end", tenon_future_take(future, &value), isValue ? TENON_STATUS_OK : expected)
    if let number { agree("its item", value.as.i64, number) }
    if expected == TENON_STATUS_ENDED { agree("the mark", value.isKind, TENON_VALUE_END) }
    tenon_future_release(future)
  }

  private mutating func giveUpRoom(cancels: Bool) {
    guard let future = room else { return }
    if cancels { tenon_future_cancel(future) }
    tenon_future_release(future)
    model.writerWaits = false
    room = nil
  }

  private mutating func giveUpItem(cancels: Bool) {
    guard let future = item else { return }
    if cancels {
      agree("cancelling a wait", tenon_future_cancel(future), TENON_STATUS_OK)
      agree("a wait given up", tenon_future_poll(future), TENON_STATUS_CANCELLED)
    }
    tenon_future_release(future)
    model.readerWaits = false
    item = nil
  }

  private mutating func cancel() {
    let expected = model.end == nil ? TENON_STATUS_OK : TENON_STATUS_SETTLED
    agree("cancel", tenon_stream_cancel(stream), expected)
    if expected != TENON_STATUS_OK { return }
    model.isCancelled = true
    model.writerWaits = false
  }

  private mutating func copyEnd() {
    letGoOfEnd()
    agree("the end", tenon_stream_copy_end(stream, &end), TENON_STATUS_OK)
  }

  private mutating func letGoOfEnd() {
    guard let end else { return }
    agree("letting go of the end", tenon_future_release(end), TENON_STATUS_OK)
    self.end = nil
  }

  private mutating func cancelByEnd() {
    guard let end else { return }
    let expected = model.end == nil ? TENON_STATUS_OK : TENON_STATUS_SETTLED
    agree("cancelling the end", tenon_future_cancel(end), expected)
    if expected != TENON_STATUS_OK { return }
    model.isCancelled = true
    model.writerWaits = false
  }

  private mutating func end(_ how: UInt64) {
    let status: tenon_status_t
    switch how {
    case 0: status = tenon_sink_close(sink)
    case 1:
      var error: OpaquePointer?
      _ = tenon_error_create("test", 1, nil, nil, &error)
      status = tenon_sink_fail(sink, error)
      tenon_error_release(error)
    default: status = tenon_sink_cancel(sink)
    }
    agree("end", status, model.end == nil ? TENON_STATUS_OK : TENON_STATUS_ALREADY_SETTLED)
    if status != TENON_STATUS_OK { return }
    model.end = how == 0 ? .closed : how == 1 ? .failed : .cancelled
    model.writerWaits = false
    guard model.readerWaits else { return }
    model.readerWaits = false
    let expected = how == 0 ? TENON_STATUS_OK : model.endStatus
    agree("the end of a wait", tenon_future_poll(item), expected)
    tenon_future_release(item)
    item = nil
  }

  private mutating func lookAtWaits() {
    if let room {
      agree("room", tenon_future_poll(room) == TENON_STATUS_PENDING, model.writerWaits)
    }
    if let item {
      agree("item", tenon_future_poll(item) == TENON_STATUS_PENDING, model.readerWaits)
    }
    if let end {
      let expected = model.end == .closed ? TENON_STATUS_OK : model.endStatus
      agree("how it ended", tenon_future_poll(end), expected)
    }
    agree(
      "whether it is cancelled", tenon_sink_is_cancelled(sink),
      model.isCancelled && model.end == nil)
  }

  mutating func finish() {
    if let room { tenon_future_release(room) }
    if let item { tenon_future_release(item) }
    letGoOfEnd()
    tenon_sink_release(sink)
    while !model.items.isEmpty && !hasFailed { receive() }
    tenon_stream_release(stream)
  }
}
