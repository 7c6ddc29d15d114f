import CTenonLogging
import Logging
import Synchronization
import Tenon
import TenonLogging
import Testing

/// What the host was told, in C.
private let told = Mutex<[String]>([])

@Suite(.serialized) struct LoggingTests {
  private let logger = Logger(label: "shop") { TenonLogHandler(label: $0) }

  init() {
    told.withLock { $0 = [] }
    tenon_log_set_fn(
      { context, record in
        guard let record = record?.pointee else { return }
        let fields = (0..<record.field_count).map {
          "\(String(cString: record.fields[$0].name))=\(String(cString: record.fields[$0].text))"
        }
        let text =
          "\(record.level.rawValue) \(String(cString: record.label)) \(String(cString: record.message))"
        told.withLock { $0.append(([text] + fields).joined(separator: " ")) }
      }, nil, TENON_LOG_INFO)
  }

  @Test func aMessageGoesToTheHostWithTheTraceOfItsCall() async throws {
    let trace = try #require(
      TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
    logger.info("outside", metadata: ["b": "2", "a": "1"])
    await trace.with {
      logger.error("inside")
      await CallContext.with(["user": "ada"]) { logger.warning("with a user") }
    }
    let ids = "span_id=b7ad6b7169203331 trace_id=0af7651916cd43dd8448eb211c80319c"
    #expect(
      told.withLock { $0 } == [
        "2 shop outside a=1 b=2", "5 shop inside \(ids)",
        "4 shop with a user call.user=ada \(ids)",
      ])
  }

  @Test func theHostSaysWhatItWantsToKnow() {
    logger.debug("nobody wants this")
    var own = logger
    own.logLevel = .debug
    own.debug("but this")
    #expect(told.withLock { $0 } == ["1 shop but this"])
    tenon_log_set_fn(nil, nil, TENON_LOG_INFO)
    logger.error("nor this")
    #expect(told.withLock { $0.count } == 1)
  }
}
