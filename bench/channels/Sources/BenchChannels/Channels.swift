// (h) Numbers from one Swift task to another through the channels of swift-async-algorithms.
//
// Arguments: the subject, how many, and the variant: the capacity, times 10000, plus what is ignored, since both send one
// by one. `channel` has no buffer; `buffered-channel` has the capacity.

import AsyncAlgorithms
import Glibc

/// What the reader adds up, and what it must come to.
typealias Sum = Int64

func read(_ channel: AsyncChannel<Int64>, _ count: Int64) async -> Sum {
  async let sent: Void = {
    for number in 0..<count { await channel.send(number) }
    channel.finish()
  }()
  var sum: Sum = 0
  for await number in channel { sum += number }
  await sent
  return sum
}

typealias BufferedChannel = MultiProducerSingleConsumerAsyncChannel<Int64, Never>

/// A source cannot be captured by a task, for it cannot be copied.
// SAFETY: one task uses it.
final class Sender: @unchecked Sendable {
  private var source: BufferedChannel.Source?

  init(_ source: consuming BufferedChannel.Source) { self.source = consume source }

  func send(_ count: Int64) async throws {
    guard var source = source.take() else { return }
    for number in 0..<count { try await source.send(number) }
    source.finish()
  }
}

func readBuffered(_ capacity: Int, _ count: Int64) async throws -> Sum {
  var made = BufferedChannel.makeChannel(
    of: Int64.self, backpressureStrategy: .watermark(low: capacity / 2, high: capacity))
  var channel = made.takeChannel()
  let sender = Sender(made.source)
  let sent = Task { try await sender.send(count) }
  var sum: Sum = 0
  while let number = await channel.next(isolation: nil) { sum += number }
  try await sent.value
  return sum
}

@main
struct Program {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let count = Int64(arguments[2]), let variant = Int(arguments[3])
    else {
      print("usage: bench-channels SUBJECT ITERATIONS VARIANT")
      exit(2)
    }
    let start = ContinuousClock.now
    let sum: Sum
    switch arguments[1] {
    case "channel": sum = await read(AsyncChannel(), count)
    case "buffered-channel": sum = try await readBuffered(variant / 10000, count)
    default: exit(2)
    }
    let time = ContinuousClock.now - start
    precondition(sum == count * (count - 1) / 2)
    let ns = Double(time.components.seconds) * 1e9 + Double(time.components.attoseconds) / 1e9
    print(
      "{\"workload\": \"stream\", \"subject\": \"\(arguments[1])\", \"value\": \(ns / Double(count))}"
    )
  }
}
