public import CTenonUV
import Glibc
import Tenon

extension UVLoop {
  /// Where a host is reached: an IPv4 or IPv6 address, and a port.
  public struct Address: Sendable, Hashable, CustomStringConvertible {
    private var storage = sockaddr_storage()

    /// An address in numbers, such as `127.0.0.1`, `::1` or `fe80::1%eth0`. Nothing is looked up.
    ///
    /// - Throws: ``Failure`` in domain `uv` with `EINVAL` if it is none.
    public init(_ host: String, port: UInt16) throws {
      let isFour = withMemory(as: sockaddr_in.self) { uv_ip4_addr(host, Int32(port), $0) } == 0
      if !isFour {
        storage = sockaddr_storage()
        try check(withMemory(as: sockaddr_in6.self) { uv_ip6_addr(host, Int32(port), $0) })
      }
    }

    /// Copies a socket's address; nil: it is neither IPv4 nor IPv6.
    public init?(_ address: UnsafePointer<sockaddr>) {
      guard let size = Address.size(of: address.pointee.sa_family) else { return nil }
      withUnsafeMutableBytes(of: &storage) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: size))
      }
    }

    public var isIPv6: Bool { Int32(storage.ss_family) == AF_INET6 }

    /// The address in numbers, without the port.
    public var host: String {
      var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      withSocketAddress { _ = uv_ip_name($0, &text, text.count) }
      let host = Address.text(text)
      var copy = self
      let scope =
        isIPv6 ? copy.withMemory(as: sockaddr_in6.self) { $0.pointee.sin6_scope_id } : 0
      return scope == 0 ? host : "\(host)%\(Address.name(ofInterface: scope))"
    }

    public var port: UInt16 {
      var copy = self
      // Both kinds have it at the same place.
      return copy.withMemory(as: sockaddr_in.self) { UInt16(bigEndian: $0.pointee.sin_port) }
    }

    /// `127.0.0.1:80`, `[::1]:80`.
    public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    public static func == (left: Address, right: Address) -> Bool {
      left.withBytes { left in right.withBytes { left.elementsEqual($0) } }
    }

    public func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }

    /// Lends it to C.
    public func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
      var copy = self
      return copy.withMemory(as: sockaddr.self) { body($0) }
    }

    private static func name(ofInterface index: UInt32) -> String {
      var name = [CChar](repeating: 0, count: Int(UV_IF_NAMESIZE))
      var size = name.count
      return uv_if_indextoiid(index, &name, &size) == 0 ? text(name) : "\(index)"
    }

    /// What C has written into an array.
    private static func text(_ characters: [CChar]) -> String {
      String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func size(of family: sa_family_t) -> Int? {
      switch Int32(family) {
      case AF_INET: MemoryLayout<sockaddr_in>.size
      case AF_INET6: MemoryLayout<sockaddr_in6>.size
      default: nil
      }
    }

    private func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
      withUnsafeBytes(of: storage) {
        body(UnsafeRawBufferPointer(rebasing: $0[..<(Address.size(of: storage.ss_family) ?? 0)]))
      }
    }

    private mutating func withMemory<Kind, Result>(
      as _: Kind.Type, _ body: (UnsafeMutablePointer<Kind>) -> Result
    ) -> Result {
      withUnsafeMutableBytes(of: &storage) {
        body($0.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: Kind.self))
      }
    }
  }

  /// The addresses of a host, best first: `getaddrinfo()`, in libuv's thread pool, for TCP.
  ///
  /// Any thread. When the task is cancelled this returns at once; a look-up that is being worked on ends unheard, and keeps
  /// the loop alive until it does.
  ///
  /// - Parameters:
  ///   - host: A name, or an address in numbers.
  ///   - flags: Of `getaddrinfo()`: with `AI_NUMERICHOST` nothing is looked up.
  /// - Throws: ``Failure`` in domain `uv`: `EAI_NONAME` if there is no such host; `CancellationError`.
  public nonisolated(nonsending) func addresses(
    of host: String, port: UInt16 = 0, flags: Int32 = 0
  ) async throws -> [Address] {
    let request = Request(zero: uv_getaddrinfo_t()) { uv_freeaddrinfo($0.pointee.addrinfo) }
    _ = try await wait { [self] (waiter: Waiter<Int>) in
      var hints = addrinfo()
      hints.ai_family = AF_UNSPEC
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      hints.ai_flags = flags | AI_NUMERICSERV
      try request.start(waiter) {
        uv_getaddrinfo(
          loop, $0, { request, status, _ in Request.ended(request, Int(status)) }, host,
          String(port), &hints)
      }
    } onCancel: { waiter in
      request.cancel()
      waiter.fail(CancellationError())
    }
    return request.read { raw in
      sequence(first: raw.pointee.addrinfo) { $0?.pointee.ai_next }
        .prefix { $0 != nil }
        .compactMap { $0?.pointee.ai_addr.flatMap { Address($0) } }
    }
  }
}
