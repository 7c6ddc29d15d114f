/// Prometheus' text format, version 0.0.4.
enum Prometheus {
  static func text(_ measurements: [Measurement]) -> String {
    var (text, last) = ("", "")
    for measurement in measurements {
      let instrument = measurement.instrument
      let name = name(of: instrument)
      if instrument.name != last {
        last = instrument.name
        text += "# HELP \(name) \(instrument.text)\n"
        text += "# TYPE \(name) \(instrument.kind == .gauge ? "gauge" : "counter")\n"
      }
      text += name
      if !measurement.attributes.isEmpty {
        text += "{"
        text += measurement.attributes.map { "\(word($0.key))=\"\(escaped($0.value))\"" }
          .joined(separator: ",")
        text += "}"
      }
      text += " \(measurement.value)\n"
    }
    return text
  }

  /// As OpenTelemetry's rules have it.
  private static func name(of instrument: Measurement.Instrument) -> String {
    word(instrument.name) + (instrument.unit == "By" ? "_bytes" : "")
      + (instrument.kind == .counter ? "_total" : "")
  }

  private static func word(_ name: String) -> String {
    String(name.map { $0 == "." ? "_" : $0 })
  }

  private static func escaped(_ value: String) -> String {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
