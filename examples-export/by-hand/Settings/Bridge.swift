import Blocks
public import CSettings
public import CTenon
import Tenon

// MARK: From C

extension Listener {
  fileprivate init(_ pointer: UnsafePointer<settings_listener_t>?) throws {
    let listener = try structure(pointer, \.struct_size)
    self.init(host: try text(listener.host), port: listener.port)
  }
}

extension Limits {
  fileprivate init(_ pointer: UnsafePointer<settings_limits_t>) throws {
    let limits = try structure(pointer, \.struct_size)
    let rate = limits.bytes_per_second
    self.init(
      connections: Int(limits.connections), bytesPerSecond: rate.is_some ? rate.value : nil)
  }
}

extension Server {
  fileprivate init(_ pointer: UnsafePointer<settings_server_t>?) throws {
    let server = try structure(pointer, \.struct_size)
    self.init(name: try text(server.name), listeners: [], limits: nil)
    for listener in try elements(server.listeners.data, server.listeners.count) {
      listeners.append(try Listener(listener))
    }
    for label in try elements(server.labels.data, server.labels.count) {
      labels[try text(label.key)] = try text(label.value)
    }
    if let limits = server.limits { self.limits = try Limits(limits) }
  }
}

// MARK: To C, in one block

extension Server {
  fileprivate func makeBlock() -> UnsafeMutablePointer<settings_server_t> {
    Block.make(settings_server_t()) { server, block in
      server.struct_size = MemoryLayout<settings_server_t>.size
      server.name = block.add(name)
      var pointers: [UnsafePointer<settings_listener_t>?] = []
      for listener in listeners {
        let host = block.add(listener.host)
        pointers.append(
          block.add([
            settings_listener_t(
              struct_size: MemoryLayout<settings_listener_t>.size, host: host, port: listener.port)
          ]))
      }
      server.listeners.data = block.add(pointers)
      server.listeners.count = pointers.count
      var entries: [settings_label_t] = []
      for (key, value) in labels {
        let key = block.add(key)
        entries.append(settings_label_t(key: key, value: block.add(value)))
      }
      server.labels.data = block.add(entries)
      server.labels.count = entries.count
      if let limits {
        let rate = tenon_optional_double_t(
          is_some: limits.bytesPerSecond != nil, value: limits.bytesPerSecond ?? 0)
        server.limits = block.add([
          settings_limits_t(
            struct_size: MemoryLayout<settings_limits_t>.size,
            connections: Int64(limits.connections), bytes_per_second: rate)
        ])
      }
    }
  }
}

// MARK: Errors

extension SettingsError: DescribedError {
  public var errorDomain: String { SETTINGS_ERROR_DOMAIN }

  public var errorCode: Int64 {
    switch self {
    case .syntax: Int64(SETTINGS_ERROR_SYNTAX.rawValue)
    case .mistaken: Int64(SETTINGS_ERROR_MISTAKEN.rawValue)
    }
  }

  public var errorBlock: tenon_error_payload_t? {
    let made = Block.make(settings_error_t()) { details, block in
      details.struct_size = MemoryLayout<settings_error_t>.size
      details.code = settings_error_code_t(rawValue: Int32(errorCode))
      switch self {
      case .syntax(let line, let column, let problem):
        details.as.syntax.line = Int64(line)
        details.as.syntax.column = Int64(column)
        details.as.syntax.problem = block.add(problem)
      case .mistaken(let path, let problem):
        details.as.mistaken.path = block.add(path)
        details.as.mistaken.problem = block.add(problem)
      }
    }
    return Block.payload(made)
  }
}

@c @implementation
public func settings_error_get(
  _ error: OpaquePointer?, _ detailsOut: UnsafeMutablePointer<UnsafePointer<settings_error_t>?>?
) -> tenon_status_t { details(error, detailsOut) }

// MARK: Functions

@c @implementation
public func settings_parse(
  _ yaml: UnsafePointer<CChar>?,
  _ serverOut: UnsafeMutablePointer<UnsafeMutablePointer<settings_server_t>?>?,
  _ errorOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let serverOut, let yaml = try? text(yaml) else { return TENON_STATUS_INVALID }
  do {
    serverOut.pointee = try parse(yaml).makeBlock()
    return TENON_STATUS_OK
  } catch {
    return rejected(error, errorOut)
  }
}

@c @implementation
public func settings_format(
  _ server: UnsafePointer<settings_server_t>?, _ yamlOut: UnsafeMutablePointer<tenon_value_t>?,
  _ errorOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let yamlOut, let settings = try? Server(server) else { return TENON_STATUS_INVALID }
  do {
    yamlOut.pointee = Value.string(try format(settings)).makeValue()
    return TENON_STATUS_OK
  } catch {
    return rejected(error, errorOut)
  }
}

@c @implementation
public func settings_server_free(_ server: UnsafeMutablePointer<settings_server_t>?) {
  server?.deallocate()
}
