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
  public static func read() throws -> [Metric] { try measurements().map { Metric($0) } }

  /// The same in Prometheus' text format.
  public static func prometheus() throws -> String { Prometheus.text(try measurements()) }

  private static func measurements() throws -> [Measurement] {
    do throws(TenonInspect.Failure) {
      let target = try Target.own()
      return Measurement.all(of: target, try target.copies())
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
