import CTenonUV
import Glibc
import Tenon
import Testing

@testable import TenonUV

@Suite struct AddressTests {
  @Test func numbersBecomeAddresses() throws {
    let four = try UVLoop.Address("127.0.0.1", port: 80)
    #expect(four.host == "127.0.0.1")
    #expect(four.port == 80)
    #expect(!four.isIPv6)
    #expect("\(four)" == "127.0.0.1:80")
    let six = try UVLoop.Address("::1", port: 65535)
    #expect(six.isIPv6)
    #expect("\(six)" == "[::1]:65535")
    let scoped = try UVLoop.Address("fe80::1%lo", port: 1)
    #expect(scoped.host == "fe80::1%lo")
  }

  @Test func addressesAreEqualByWhatTheySay() throws {
    let address = try UVLoop.Address("::1", port: 1)
    #expect(try address == UVLoop.Address("0:0::1", port: 1))
    #expect(try address != UVLoop.Address("::1", port: 2))
    #expect(try Set([address, UVLoop.Address("::1", port: 1)]).count == 1)
    #expect(address.withSocketAddress { UVLoop.Address($0) } == address)
  }

  @Test(arguments: ["", "localhost", "300.1.1.1", "::g"]) func whatIsNoNumberIsRefused(
    _ text: String
  ) {
    let failure = #expect(throws: Failure.self) { try UVLoop.Address(text, port: 1) }
    #expect(failure?.code == Int64(UV_EINVAL.rawValue))
  }

  @Test func anAddressInNumbersIsFound() async throws {
    try await withUVLoop { loop in
      let found = try await loop.addresses(of: "127.0.0.1", port: 8080, flags: AI_NUMERICHOST)
      #expect(try found == [UVLoop.Address("127.0.0.1", port: 8080)])
      let six = try await loop.addresses(of: "::1", flags: AI_NUMERICHOST)
      #expect(six.map(\.description) == ["[::1]:0"])
    }
  }

  @Test func aNameThatIsNoneFails() async throws {
    try await withUVLoop { loop in
      let code = await uvCode {
        _ = try await loop.addresses(of: "no.such.host", flags: AI_NUMERICHOST)
      }
      #expect(code == UV_EAI_NONAME)
    }
  }

  @Test func aCancelledLookUpEndsWhateverItsState() async throws {
    try await withUVLoop { loop in
      for _ in 0..<100 {
        let task = loop.task { try await loop.addresses(of: "127.0.0.1", flags: AI_NUMERICHOST) }
        await Task.yield()
        task.cancel()
        switch await task.result {
        case .success(let found): #expect(found.count == 1)
        case .failure(let error): #expect(error is CancellationError)
        }
      }
    }
  }
}
