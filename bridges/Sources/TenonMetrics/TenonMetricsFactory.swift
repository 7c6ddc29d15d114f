public import CoreMetrics
import Synchronization
import TenonInspect

/// A factory whose metrics are read as text for Prometheus, with Tenon's own in the same text.
///
///     let metrics = TenonMetricsFactory()
///     MetricsSystem.bootstrap(metrics)
///     // for each scrape
///     let text = try metrics.prometheus()
///
/// Labels and dimensions become Prometheus' names as OpenTelemetry's rules say: `http.requests` is `http_requests_total`.
public final class TenonMetricsFactory: MetricsFactory {
  private let series = Mutex<[Key: Series]>([:])

  struct Key: Hashable {
    let name: String
    let labels: String
  }

  public init() {}

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    Counter(find(label, dimensions, .counter))
  }

  public func makeFloatingPointCounter(label: String, dimensions: [(String, String)])
    -> any FloatingPointCounterHandler
  {
    FloatingPointCounter(find(label, dimensions, .counter))
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    Meter(find(label, dimensions, .gauge))
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
    -> any RecorderHandler
  {
    Recorder(find(label, dimensions, aggregate ? .summary : .gauge))
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    Stopwatch(find(label, dimensions, .seconds))
  }

  public func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
    forget(handler)
  }
  public func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
  public func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
  public func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

  /// All metrics, Tenon's own after the program's.
  public func prometheus() throws -> String {
    var text = ""
    var name = ""
    let all = series.withLock { $0 }.sorted {
      ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels)
    }
    for (key, one) in all {
      if key.name != name { text += "# TYPE \(key.name) \(one.kind.prometheus)\n" }
      name = key.name
      text += one.lines(key)
    }
    return try text + Metrics.prometheus()
  }

  private func find(_ label: String, _ dimensions: [(String, String)], _ kind: Series.Kind)
    -> Series
  {
    let key = Key(
      name: metricName(label) + kind.suffix,
      labels: dimensions.map { "\(metricName($0.0))=\"\(escaped($0.1))\"" }.joined(separator: ","))
    return series.withLock {
      if let there = $0[key], there.kind == kind { return there }
      let made = Series(kind)
      $0[key] = made
      return made
    }
  }

  private func forget(_ handler: AnyObject) {
    guard let gone = (handler as? Handler)?.series else { return }
    series.withLock { all in all = all.filter { $0.value !== gone } }
  }
}

/// One metric with one set of dimensions.
final class Series: Sendable {
  enum Kind {
    case counter, gauge, summary, seconds

    var suffix: String {
      switch self {
      case .counter: "_total"
      case .seconds: "_seconds"
      case .gauge, .summary: ""
      }
    }

    var prometheus: String {
      switch self {
      case .counter: "counter"
      case .gauge: "gauge"
      case .summary, .seconds: "summary"
      }
    }
  }

  let kind: Kind
  private let state = Mutex<(value: Double, count: UInt64)>((0, 0))

  init(_ kind: Kind) { self.kind = kind }

  func add(_ amount: Double) {
    state.withLock {
      $0.value += amount
      $0.count += 1
    }
  }

  func set(_ value: Double) { state.withLock { $0.value = value } }
  func reset() { state.withLock { $0 = (0, 0) } }

  func lines(_ key: TenonMetricsFactory.Key) -> String {
    let (value, count) = state.withLock { $0 }
    let labels = key.labels.isEmpty ? "" : "{\(key.labels)}"
    switch kind {
    case .counter, .gauge: return "\(key.name)\(labels) \(number(value))\n"
    case .summary, .seconds:
      return "\(key.name)_sum\(labels) \(number(value))\n\(key.name)_count\(labels) \(count)\n"
    }
  }
}

class Handler {
  let series: Series
  init(_ series: Series) { self.series = series }
  func reset() { series.reset() }
}

// SAFETY: what they have never changes, and a series has a lock.
private final class Counter: Handler, CounterHandler, @unchecked Sendable {
  func increment(by amount: Int64) { series.add(Double(amount)) }
}

private final class FloatingPointCounter: Handler, FloatingPointCounterHandler, @unchecked Sendable
{
  func increment(by amount: Double) { series.add(amount) }
}

private final class Meter: Handler, MeterHandler, @unchecked Sendable {
  func set(_ value: Int64) { series.set(Double(value)) }
  func set(_ value: Double) { series.set(value) }
  func increment(by amount: Double) { series.add(amount) }
  func decrement(by amount: Double) { series.add(-amount) }
}

private final class Recorder: Handler, RecorderHandler, @unchecked Sendable {
  func record(_ value: Int64) { record(Double(value)) }
  func record(_ value: Double) { series.kind == .gauge ? series.set(value) : series.add(value) }
}

private final class Stopwatch: Handler, TimerHandler, @unchecked Sendable {
  func recordNanoseconds(_ duration: Int64) { series.add(Double(duration) / 1e9) }
}

/// Letters, digits and underscores.
private func metricName(_ label: String) -> String {
  let name = String(
    label.unicodeScalars.map {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) ? Character($0) : "_"
    })
  return name.first.map { $0.isNumber } ?? true ? "_" + name : name
}

private func escaped(_ text: String) -> String {
  var escaped = ""
  for character in text.unicodeScalars {
    switch character {
    case "\\": escaped += "\\\\"
    case "\"": escaped += "\\\""
    case "\n": escaped += "\\n"
    default: escaped.unicodeScalars.append(character)
    }
  }
  return escaped
}

/// A number that is whole without a fraction.
private func number(_ value: Double) -> String {
  if let whole = Int64(exactly: value) { return String(whole) }
  if value.isNaN { return "NaN" }
  return value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : String(value)
}
