import Tenon
import TenonNode

enum WeatherError: DescribedError {
  case storm
  var errorDomain: String { "weather.WeatherError" }
  var errorCode: Int64 { 7 }
  var errorMessage: String { "a storm is coming" }
  var errorCause: (any Error)? { Failure(domain: "sky", code: 3, message: "clouds") }
}

struct PlainError: Error {}

func exportErrors(_ module: borrowing NodeModule) {
  module.export("storm") { () async throws -> Void in throw WeatherError.storm }
  module.export("plainError") { () async throws -> Void in throw PlainError() }
  module.export("cancelled") { () async throws -> Void in throw CancellationError() }
  module.export(synchronous: "stormNow") { () throws -> Int in throw WeatherError.storm }
  // Throws what the function throws.
  module.export("passOn", "function") { (function: JavaScriptObject) in try await function.call() }
  // What Swift threw comes back to Swift.
  module.export("isStorm", "function") { (function: JavaScriptObject) in
    do {
      try await function.call()
      return false
    } catch WeatherError.storm {
      return true
    }
  }
  module.export("describe", "function") { (function: JavaScriptObject) -> JavaScriptValue in
    do {
      return try await function.call()
    } catch let failure as Failure {
      let cause = failure.cause as? Failure
      return [
        "domain": .string(failure.domain), "code": JavaScriptValue(failure.code),
        "message": .string(failure.message), "cause": cause.map { .string($0.message) } ?? .null,
      ]
    }
  }
}
