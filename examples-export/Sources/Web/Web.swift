import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization
import Tenon

@Export public enum Method: Int32, Sendable { case get = 0, head, post, put, delete }

/// What to ask a server for.
@Export public struct Request: Sendable {
  public var url: String
  public var method: Method = .get
  public var headers: [String: String] = [:]
  /// From the first byte that is sent to the last that is read.
  public var timeout: Duration = .seconds(30)
}

@Export public enum WebError: Error {
  case badURL(String)
  /// Nobody listens there, or the connection has ended early.
  case unreachable(String)
  case timedOut
  /// A body comes only once.
  case alreadyRead
}

/// What a server has answered. Its body is on its way.
@Export public final class Response: Sendable {
  @Export public let status: Int
  /// Names in small letters.
  @Export public let headers: [String: String]
  private let content: Mutex<HTTPClientResponse.Body?>

  init(_ response: HTTPClientResponse) {
    status = Int(response.status.code)
    headers = Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) {
      "\($0), \($1)"
    }
    content = Mutex(response.body)
  }

  /// The body in pieces, as they come. It can be read once.
  @Export public func body() -> some AsyncSequence<[UInt8], any Error> & Sendable {
    Pieces(body: content.withLock { $0.take() })
  }
}

struct Pieces: AsyncSequence, Sendable {
  let body: HTTPClientResponse.Body?

  func makeAsyncIterator() -> Iterator { Iterator(pieces: body?.makeAsyncIterator()) }

  struct Iterator: AsyncIteratorProtocol {
    var pieces: HTTPClientResponse.Body.AsyncIterator?

    mutating func next() async throws -> [UInt8]? {
      if pieces == nil { throw WebError.alreadyRead }
      do {
        return try await pieces?.next().map { [UInt8](buffer: $0) }
      } catch {
        throw WebError(error) ?? error
      }
    }
  }
}

/// Asks a server.
@Export public func fetch(_ request: Request) async throws -> Response {
  try await send(request, nil)
}

/// Asks a server, and sends it a body in pieces, as they come.
@Export public func upload(_ request: Request, body: AsyncThrowingStream<[UInt8], any Error>)
  async throws -> Response
{
  try await send(request, .stream(body.map { ByteBuffer(bytes: $0) }, length: .unknown))
}

private func send(_ request: Request, _ body: HTTPClientRequest.Body?) async throws -> Response {
  var message = HTTPClientRequest(url: request.url)
  message.method = HTTPMethod(rawValue: "\(request.method)".uppercased())
  message.headers = HTTPHeaders(request.headers.map { ($0.key, $0.value) })
  message.body = body
  do {
    let timeout = TimeAmount(request.timeout)
    return Response(try await HTTPClient.shared.execute(message, timeout: timeout))
  } catch {
    throw WebError(error) ?? error
  }
}

extension WebError {
  /// nil: the request was cancelled.
  init?(_ error: any Error) {
    if error is CancellationError { return nil }
    switch error as? HTTPClientError {
    case .cancelled?: return nil
    case .deadlineExceeded?, .connectTimeout?, .readTimeout?: self = .timedOut
    case .invalidURL?, .emptyHost?, .emptyScheme?: self = .badURL("\(error)")
    default: self = .unreachable("\(error)")
    }
  }
}
