/// Which trace a call belongs to, and below which span: what W3C's headers `traceparent` and `tracestate` say.
///
///     let span = TraceContext.current?.child() ?? TraceContext()
///     let answer = try await span.with { try await backend.ask(question) }
///
/// Whoever is called finds the span in ``current``, in whatever language. See tenon/trace_context.h.
public struct TraceContext: Sendable, Hashable {
  /// Of the whole trace; never zero.
  public let traceID: UInt128
  /// Of the span that calls; never zero.
  public let spanID: UInt64
  public let flags: Flags
  /// `tracestate`: "" if nobody has said anything.
  public let state: String

  public struct Flags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Who called records this trace.
    public static let sampled = Flags(rawValue: 1)
    /// The trace's id is random, all of it.
    public static let random = Flags(rawValue: 2)
    static let known: Flags = [.sampled, .random]
  }

  /// Begins a trace.
  public init(flags: Flags = .sampled) {
    traceID = .random(in: 1 ... .max)
    spanID = .random(in: 1 ... .max)
    self.flags = flags.intersection(.known)
    state = ""
  }

  /// nil: an id is zero. A state that breaks W3C's rules is left out, as they say.
  public init?(traceID: UInt128, spanID: UInt64, flags: Flags, state: String = "") {
    self.init(traceID: traceID, spanID: spanID, flags: flags, read: TraceState.read(state))
  }

  /// The same with what a state has been read as.
  init?(traceID: UInt128, spanID: UInt64, flags: Flags, read state: String?) {
    guard traceID != 0, spanID != 0 else { return nil }
    self.traceID = traceID
    self.spanID = spanID
    self.flags = flags.intersection(.known)
    self.state = state ?? ""
  }

  /// A span below this one, in the same trace.
  public func child() -> TraceContext { TraceContext(self, spanID: .random(in: 1 ... .max)) }

  private init(_ parent: TraceContext, spanID: UInt64) {
    (traceID, self.spanID, flags, state) = (parent.traceID, spanID, parent.flags, parent.state)
  }

  static let parentName = "traceparent"
  static let stateName = "tracestate"

  /// Reads W3C's headers; nil: `traceparent` breaks the rules.
  init?(_ traceparent: String, _ tracestate: String?) {
    var traceparent = traceparent
    guard let parent = traceparent.withUTF8({ Header($0) }) else { return nil }
    self.init(
      traceID: parent.traceID, spanID: parent.spanID, flags: parent.flags, state: tracestate ?? "")
  }

  /// The texts that say it in a context, in the place of those that are there.
  func put(into values: inout [String: String]) {
    values[TraceContext.parentName] = header
    values[TraceContext.stateName] = state.isEmpty ? nil : state
  }

  /// The header `traceparent`.
  var header: String {
    String(unsafeUninitializedCapacity: Header.size) {
      Header.write(self, to: $0)
      return Header.size
    }
  }

  /// What a `traceparent` consists of: `00-`, the trace's id, `-`, the span's, `-`, and flags, in lower-case hexadecimal digits.
  struct Header {
    static let size = 55

    let traceID: UInt128
    let spanID: UInt64
    let flags: Flags

    init?(_ text: UnsafeBufferPointer<UInt8>) {
      let text = TraceState.trimmed(text[...])
      guard text.count >= Header.size, let version = Header.number(UInt8.self, text, 0),
        version != 0xFF,
        // Later versions may have more after what is known.
        text.count == Header.size
          || (version > 0 && text[text.startIndex + Header.size] == UInt8(ascii: "-")),
        [2, 35, 52].allSatisfy({ text[text.startIndex + $0] == UInt8(ascii: "-") }),
        let traceID = Header.number(UInt128.self, text, 3), traceID != 0,
        let spanID = Header.number(UInt64.self, text, 36), spanID != 0,
        let flags = Header.number(UInt8.self, text, 53)
      else { return nil }
      self.traceID = traceID
      self.spanID = spanID
      self.flags = Flags(rawValue: flags).intersection(version == 0 ? .known : .sampled)
    }

    private static func number<Number: FixedWidthInteger>(
      _ type: Number.Type, _ text: Slice<UnsafeBufferPointer<UInt8>>, _ offset: Int
    ) -> Number? {
      var number: Number = 0
      let start = text.startIndex + offset
      for digit in text[start..<start + Number.bitWidth / 4] {
        let value: UInt8
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
        default: return nil
        }
        number = number << 4 | Number(value)
      }
      return number
    }

    static func write(_ trace: TraceContext, to text: UnsafeMutableBufferPointer<UInt8>) {
      write(UInt8(0), to: text, 0)
      for index in [2, 35, 52] { text[index] = UInt8(ascii: "-") }
      write(trace.traceID, to: text, 3)
      write(trace.spanID, to: text, 36)
      write(trace.flags.rawValue, to: text, 53)
    }

    private static func write<Number: FixedWidthInteger>(
      _ number: Number, to text: UnsafeMutableBufferPointer<UInt8>, _ offset: Int
    ) {
      var number = number
      for index in (offset..<offset + Number.bitWidth / 4).reversed() {
        let digit = UInt8(truncatingIfNeeded: number & 15)
        text[index] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
        number >>= 4
      }
    }
  }
}
