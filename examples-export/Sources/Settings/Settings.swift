import Tenon
import Yams

/// The settings of a server.
@Export public struct Server: Codable, Equatable, Sendable {
  public var name: String
  public var listeners: [Listener]
  public var labels: [String: String] = [:]
  public var limits: Limits?
}

/// Where it listens.
@Export public struct Listener: Codable, Equatable, Sendable {
  public var host: String
  public var port: UInt16
}

@Export public struct Limits: Codable, Equatable, Sendable {
  public var connections: Int
  public var bytesPerSecond: Double?
}

@Export public enum SettingsError: Error {
  /// Not YAML; lines and columns begin with 1.
  case syntax(line: Int, column: Int, problem: String)
  /// YAML, but not these settings.
  case mistaken(path: String, problem: String)
}

/// Reads settings from YAML.
@Export public func parse(_ yaml: String) throws(SettingsError) -> Server {
  do {
    return try YAMLDecoder().decode(from: yaml)
  } catch {
    throw SettingsError(error)
  }
}

/// Writes settings as YAML.
@Export public func format(_ server: Server) throws -> String {
  let encoder = YAMLEncoder()
  encoder.options.sortKeys = true
  return try encoder.encode(server)
}

extension SettingsError {
  init(_ error: any Error) {
    switch error {
    case let DecodingError.dataCorrupted(context) where context.underlyingError is YamlError:
      self.init(context.underlyingError ?? error)
    case YamlError.scanner(_, let problem, let mark, _),
      YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      self = .syntax(line: mark.line, column: mark.column, problem: problem)
    case DecodingError.keyNotFound(let key, let context):
      self = .mistaken(path: path(context.codingPath + [key]), problem: context.debugDescription)
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      self = .mistaken(path: path(context.codingPath), problem: context.debugDescription)
    default: self = .mistaken(path: "", problem: "\(error)")
    }
  }
}

private func path(_ keys: [any CodingKey]) -> String {
  keys.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
}
