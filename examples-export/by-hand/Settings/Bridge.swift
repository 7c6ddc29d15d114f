public import CSettings
import Tenon

// MARK: From C

private struct Invalid: Error {}

private func text(_ string: tenon_string_t) throws(Invalid) -> String {
  guard string.size == 0 || string.data != nil, string.size <= Int.max,
    let text = String(
      validating: UnsafeRawBufferPointer(start: string.data, count: Int(string.size)),
      as: UTF8.self)
  else { throw Invalid() }
  return text
}

/// The elements of one of C's lists.
private func elements<Element>(_ data: UnsafePointer<Element>?, _ count: Int) throws(Invalid)
  -> UnsafeBufferPointer<Element>
{
  guard count >= 0, count <= Int.max / MemoryLayout<Element>.stride, count == 0 || data != nil
  else { throw Invalid() }
  return UnsafeBufferPointer(start: data, count: count)
}

extension Listener {
  fileprivate init(_ listener: UnsafePointer<settings_listener_t>?) throws(Invalid) {
    guard let listener, listener.pointee.struct_size == MemoryLayout<settings_listener_t>.size
    else { throw Invalid() }
    self.init(host: try text(listener.pointee.host), port: listener.pointee.port)
  }
}

extension Limits {
  fileprivate init(_ limits: UnsafePointer<settings_limits_t>) throws(Invalid) {
    guard limits.pointee.struct_size == MemoryLayout<settings_limits_t>.size else {
      throw Invalid()
    }
    let rate = limits.pointee.bytes_per_second
    self.init(
      connections: Int(limits.pointee.connections), bytesPerSecond: rate.is_some ? rate.value : nil)
  }
}

extension Server {
  fileprivate init(_ pointer: UnsafePointer<settings_server_t>?) throws(Invalid) {
    guard let server = pointer?.pointee, server.struct_size == MemoryLayout<settings_server_t>.size
    else { throw Invalid() }
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

/// Where the parts of a block go: first it counts, then it writes.
private struct Block {
  private(set) var size = 0
  var memory: UnsafeMutableRawPointer?

  private mutating func take(_ count: Int) -> UnsafeMutableRawPointer? {
    defer { size += (count + 7) & ~7 }
    return memory.map { $0 + size }
  }

  mutating func add(_ text: String) -> tenon_string_t {
    let bytes = Array(text.utf8)
    let place = take(bytes.count + 1)
    place?.copyMemory(from: bytes, byteCount: bytes.count)
    place?.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
    return tenon_string_t(
      data: UnsafePointer(place?.assumingMemoryBound(to: CChar.self)), size: bytes.count)
  }

  mutating func add<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
    let place = take(elements.count * MemoryLayout<Element>.stride)
    elements.withUnsafeBytes { bytes in
      if let from = bytes.baseAddress { place?.copyMemory(from: from, byteCount: bytes.count) }
    }
    return UnsafePointer(place?.assumingMemoryBound(to: Element.self))
  }

  /// Writes the block of a struct: `fill` is called twice, to count and to write.
  static func make<Struct>(_ empty: Struct, _ fill: (inout Struct, inout Block) -> Void)
    -> UnsafeMutablePointer<Struct>
  {
    let head = (MemoryLayout<Struct>.size + 7) & ~7
    var (counted, block) = (empty, Block())
    fill(&counted, &block)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: head + block.size, alignment: 8)
    var (written, writing) = (empty, Block())
    writing.memory = memory + head
    fill(&written, &writing)
    let made = memory.bindMemory(to: Struct.self, capacity: 1)
    made.initialize(to: written)
    return made
  }
}

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
  /// What marks the payload as this error's.
  private static var mark: UnsafeRawPointer {
    unsafeBitCast(SettingsError.self as Any.Type, to: UnsafeRawPointer.self)
  }

  public var errorDomain: String { SETTINGS_ERROR_DOMAIN }

  public var errorCode: Int64 {
    switch self {
    case .syntax: Int64(SETTINGS_ERROR_SYNTAX.rawValue)
    case .mistaken: Int64(SETTINGS_ERROR_MISTAKEN.rawValue)
    }
  }

  public var errorBlock: tenon_error_payload_t? {
    let details = Block.make(settings_error_t()) { details, block in
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
    return tenon_error_payload_t(
      struct_size: MemoryLayout<tenon_error_payload_t>.size, type: Self.mark, pointer: details
    ) { $0?.deallocate() }
  }

  fileprivate static func details(
    of error: OpaquePointer?, _ out: UnsafeMutablePointer<UnsafePointer<settings_error_t>?>
  )
    -> tenon_status_t
  {
    var pointer: UnsafeMutableRawPointer?
    let status = tenon_error_get_payload(error, mark, &pointer)
    if status == TENON_STATUS_OK {
      out.pointee = UnsafePointer(pointer?.assumingMemoryBound(to: settings_error_t.self))
    }
    return status
  }
}

@c @implementation
public func settings_error_get(
  _ error: OpaquePointer?, _ detailsOut: UnsafeMutablePointer<UnsafePointer<settings_error_t>?>?
) -> tenon_status_t {
  guard let detailsOut else { return TENON_STATUS_INVALID }
  return SettingsError.details(of: error, detailsOut)
}

// MARK: Functions

@c @implementation
public func settings_parse(
  _ yaml: UnsafePointer<CChar>?,
  _ serverOut: UnsafeMutablePointer<UnsafeMutablePointer<settings_server_t>?>?,
  _ errorOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  guard let yaml, let serverOut, let text = String(validatingCString: yaml) else {
    return TENON_STATUS_INVALID
  }
  do {
    serverOut.pointee = try parse(text).makeBlock()
    return TENON_STATUS_OK
  } catch {
    errorOut?.pointee = Failure.retainedPointer(for: error)
    return TENON_STATUS_REJECTED
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
    errorOut?.pointee = Failure.retainedPointer(for: error)
    return TENON_STATUS_REJECTED
  }
}

@c @implementation
public func settings_server_free(_ server: UnsafeMutablePointer<settings_server_t>?) {
  server?.deallocate()
}
