public import CTenonLogging
public import Logging
import Synchronization

/// A handler whose messages go to the host's function: see tenon/logging.h.
///
///     TenonLogHandler.bootstrap()
public struct TenonLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  private var ownLevel: Logger.Level?
  private let label: String

  public init(label: String, metadataProvider: Logger.MetadataProvider? = .tenon) {
    self.label = label
    self.metadataProvider = metadataProvider
  }

  /// Makes it the handler of all loggers, with a trace's ids in what they say. Once.
  public static func bootstrap() {
    LoggingSystem.bootstrap(
      { TenonLogHandler(label: $0, metadataProvider: $1) }, metadataProvider: .tenon)
  }

  /// The host's, unless the logger has one of its own.
  public var logLevel: Logger.Level {
    get { ownLevel ?? host.withLock { $0.minimum } }
    set { ownLevel = newValue }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let host = host.withLock { $0 }
    guard let fn = host.fn else { return }
    var all = metadata
    if let metadataProvider { all.merge(metadataProvider.get()) { $1 } }
    if let own = event.metadata { all.merge(own) { $1 } }
    if let error = event.error { all["error"] = "\(error)" }
    let fields = all.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
    withTexts(
      [label, "\(event.message)", event.source, event.file, event.function]
        + fields.flatMap { [$0.0, $0.1] }
    ) { texts in
      let made = stride(from: 5, to: texts.count, by: 2).map {
        tenon_log_field_t(name: texts[$0], text: texts[$0 + 1])
      }
      made.withUnsafeBufferPointer { fields in
        var record = tenon_log_record_t(
          struct_size: MemoryLayout<tenon_log_record_t>.size, level: event.level.inC,
          line: UInt32(clamping: event.line), label: texts[0], message: texts[1],
          source: texts[2], file: texts[3], function: texts[4], fields: fields.baseAddress,
          field_count: fields.count)
        fn(host.context.pointer, &record)
      }
    }
  }
}

/// The texts as C has them, in one block.
private func withTexts(_ texts: [String], _ body: ([UnsafePointer<CChar>]) -> Void) {
  var block: [CChar] = []
  var offsets: [Int] = []
  for text in texts {
    offsets.append(block.count)
    block.append(contentsOf: text.utf8CString)
  }
  block.withUnsafeBufferPointer { block in
    guard let start = block.baseAddress else { return }
    body(offsets.map { start + $0 })
  }
}

extension Logger.Level {
  fileprivate var inC: tenon_log_level_t {
    switch self {
    case .trace: TENON_LOG_TRACE
    case .debug: TENON_LOG_DEBUG
    case .info: TENON_LOG_INFO
    case .notice: TENON_LOG_NOTICE
    case .warning: TENON_LOG_WARNING
    case .error: TENON_LOG_ERROR
    case .critical: TENON_LOG_CRITICAL
    }
  }

  fileprivate init(_ level: tenon_log_level_t) {
    let all = Logger.Level.allCases
    self = all.indices.contains(Int(level.rawValue)) ? all[Int(level.rawValue)] : .info
  }
}

// SAFETY: carried, and read by the host only.
private struct Carried: @unchecked Sendable { let pointer: UnsafeMutableRawPointer? }

private struct Host {
  var fn: tenon_log_fn?
  var context = Carried(pointer: nil)
  var minimum = Logger.Level.info
}
private let host = Mutex(Host())

@c @implementation
public func tenon_log_set_fn(
  _ fn: tenon_log_fn?, _ context: UnsafeMutableRawPointer?, _ minimum: tenon_log_level_t
) {
  let carried = Carried(pointer: context)
  host.withLock { $0 = Host(fn: fn, context: carried, minimum: Logger.Level(minimum)) }
}
