import Glibc

/// A number about this process: what there is, or how often something was done.
public struct Metric: Sendable {
  public enum Kind: Int32, Sendable {
    /// What there is now.
    case gauge = 1
    /// Only grows.
    case counter
  }

  /// As OpenTelemetry has it: "tenon.future.pending".
  public let name: String
  public let kind: Kind
  /// "{future}", "By".
  public let unit: String
  /// For people.
  public let description: String
  /// What it is about: "tenon.executor.name".
  public let attributes: [(key: String, value: String)]
  public let value: UInt64
}

/// All numbers about this process, read from what is counted anyway: any thread, nobody is stopped.
public enum Metrics {
  /// Values of one name follow each other.
  public static func read() throws -> [Metric] { try withMeasurements { $0.map { Metric($0) } } }

  /// The same in Prometheus' text format.
  public static func prometheus() throws -> String { try withMeasurements(Prometheus.text) }

  /// What an executor's numbers and their texts take, where there are more of them than there is room for in any case.
  private static let roomOfExecutor = 32 << 10
  private static let executorsFree = 1000

  private static func withMeasurements<Result>(
    _ body: ([Measurement]) -> Result
  ) throws -> Result {
    do throws(TenonInspect.Failure) {
      return try Target.withOwn { target throws(TenonInspect.Failure) in
        let copies = try target.copies()
        let executors = copies.reduce(0) { $0 + Int($1.table(.executor).used) }
        return try Room.require(max(0, executors - executorsFree) * roomOfExecutor) {
          body(Measurement.all(of: target, copies))
        }
      }
    } catch {
      throw Snapshot.Failure(error)
    }
  }
}

extension Metric {
  init(_ measurement: Measurement) {
    let instrument = measurement.instrument
    (name, unit, description) = (instrument.name, instrument.unit, instrument.text)
    kind = instrument.kind == .gauge ? .gauge : .counter
    (attributes, value) = (measurement.attributes, measurement.value)
  }
}
