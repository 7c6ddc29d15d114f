/// A number about a process, as OpenTelemetry names it.
struct Measurement {
  enum Kind: Sendable { case gauge, counter }

  /// What is measured, for all values of it.
  struct Instrument: Sendable {
    let name: String
    let kind: Kind
    let unit: String
    let text: String

    init(_ name: String, _ kind: Kind, _ unit: String, _ text: String) {
      (self.name, self.kind, self.unit, self.text) = (name, kind, unit, text)
    }
  }

  let instrument: Instrument
  let attributes: [(key: String, value: String)]
  let value: UInt64
}

extension Measurement {
  /// All of a process: values of one instrument follow each other.
  static func all(of target: Target, _ copies: [Copy]) -> [Measurement] {
    let counters = copies.map { copy in
      (
        // Each copy counts for itself.
        copies.count == 1 ? [] : [(key: "tenon.image", value: copy.image.path)],
        Counters(of: target, copy)
      )
    }
    var all: [Measurement] = []
    for (instrument, value) in ofProcess {
      all += counters.map {
        Measurement(instrument: instrument, attributes: $0, value: value($1))
      }
    }
    for (instrument, value) in ofExecutor {
      for (attributes, counters) in counters {
        all += counters.executors.compactMap { executor in
          value(executor).map {
            Measurement(
              instrument: instrument, attributes: attributes + names(of: executor), value: $0)
          }
        }
      }
    }
    return all
  }

  private static func names(of executor: Counters.Executor) -> [(key: String, value: String)] {
    [(key: "tenon.executor.id", value: String(executor.index))]
      + (executor.name.map { [(key: "tenon.executor.name", value: $0)] } ?? [])
  }

  private static let ofProcess: [(Instrument, @Sendable (Counters) -> UInt64)] = [
    (
      Instrument("tenon.future.pending", .gauge, "{future}", "Futures that have not settled."),
      { $0.futuresPending }
    ),
    (
      Instrument("tenon.future.created", .counter, "{future}", "Futures that were made."),
      { $0.futuresCreated }
    ),
    (
      Instrument(
        "tenon.future.rejected", .counter, "{future}", "Futures that settled with an error."),
      { $0.futuresRejected }
    ),
    (
      Instrument(
        "tenon.future.cancelled", .counter, "{future}", "Futures that settled as cancelled."),
      { $0.futuresCancelled }
    ),
    (
      Instrument(
        "tenon.callback.pending", .gauge, "{callback}",
        "Callbacks and timers that wait to be told."),
      { $0.callbacks }
    ),
    (
      Instrument("tenon.error.live", .gauge, "{error}", "Errors that somebody holds."),
      { $0.errors }
    ),
    (
      Instrument("tenon.scope.live", .gauge, "{scope}", "Scopes that have not ended."),
      { $0.scopes }
    ),
    (
      Instrument(
        "tenon.stream.readers", .gauge, "{stream}",
        "Readers of streams and latest values that somebody holds."),
      { $0.readers }
    ),
    (
      Instrument(
        "tenon.stream.writers", .gauge, "{stream}",
        "Writers of streams and latest values that somebody holds."),
      { $0.writers }
    ),
    (
      Instrument("tenon.stream.sent", .counter, "{item}", "Items that writers sent, or set."),
      { $0.sent }
    ),
    (
      Instrument("tenon.stream.received", .counter, "{item}", "Items that readers were given."),
      { $0.received }
    ),
    (
      Instrument("tenon.memory.reserved", .gauge, "By", "Memory that handles take."),
      { $0.memory }
    ),
  ]

  private static let ofExecutor: [(Instrument, @Sendable (Counters.Executor) -> UInt64?)] = [
    (
      Instrument("tenon.call.active", .gauge, "{call}", "Swift calls that have not ended."),
      { $0.calls }
    ),
    (
      Instrument("tenon.executor.calls", .counter, "{call}", "Swift calls that have begun."),
      { $0.counters.calls }
    ),
    (
      Instrument(
        "tenon.executor.jobs", .counter, "{job}",
        "Jobs that were run: callbacks, posts, Swift jobs, timers."),
      { $0.counters.jobs }
    ),
    (
      Instrument(
        "tenon.executor.pending", .gauge, "{job}", "Work, callbacks and timers that are pending."),
      { $0.counters.pending }
    ),
    (
      Instrument("tenon.executor.polls", .counter, "{poll}", "Polls that ran."),
      { $0.isPool ? nil : $0.counters.polls }
    ),
    (
      Instrument(
        "tenon.executor.polling", .gauge, "{thread}", "Whether a thread is in a poll now."),
      { $0.isPool ? nil : ($0.isPolled ? 1 : 0) }
    ),
    (
      Instrument(
        "tenon.executor.wakes", .counter, "{wake}", "Times that a waiting loop or thread was woken."
      ),
      { $0.counters.wakes }
    ),
    (
      Instrument("tenon.executor.timers", .counter, "{timer}", "Timers that were armed."),
      { $0.counters.timers }
    ),
    (
      Instrument(
        "tenon.executor.tasks", .counter, "{task}", "Swift tasks that were made to run calls."),
      { $0.counters.drivers }
    ),
    (
      Instrument("tenon.executor.threads", .gauge, "{thread}", "Threads of a pool."),
      { $0.isPool ? $0.counters.threads : nil }
    ),
    (
      Instrument(
        "tenon.executor.threads_idle", .gauge, "{thread}",
        "Threads of a pool that have nothing to do."),
      { $0.isPool ? $0.counters.idleThreads : nil }
    ),
  ]
}
