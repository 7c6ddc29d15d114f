import Blocks
public import CWeb
public import CTenon
import Tenon

extension Request {
  fileprivate init(_ pointer: UnsafePointer<web_request_t>?) throws {
    let request = try structure(pointer, \.struct_size)
    guard let method = Method(rawValue: request.method.rawValue) else { throw Invalid() }
    self.init(
      url: try text(request.url), method: method, timeout: .nanoseconds(request.timeout))
    for header in try elements(request.headers.data, request.headers.count) {
      headers[try text(header.key)] = try text(header.value)
    }
  }
}

extension WebError: DescribedError {
  public var errorDomain: String { WEB_ERROR_DOMAIN }

  public var errorCode: Int64 {
    switch self {
    case .badURL: Int64(WEB_ERROR_BAD_URL.rawValue)
    case .unreachable: Int64(WEB_ERROR_UNREACHABLE.rawValue)
    case .timedOut: Int64(WEB_ERROR_TIMED_OUT.rawValue)
    case .alreadyRead: Int64(WEB_ERROR_ALREADY_READ.rawValue)
    }
  }

  public var errorBlock: tenon_error_payload_t? {
    let made = Block.make(web_error_t()) { details, block in
      details.struct_size = MemoryLayout<web_error_t>.size
      details.code = web_error_code_t(rawValue: Int32(errorCode))
      switch self {
      case .badURL(let url): details.as.bad_url = block.add(url)
      case .unreachable(let why): details.as.unreachable = block.add(why)
      case .timedOut, .alreadyRead: break
      }
    }
    return Block.payload(made)
  }
}

@c @implementation
public func web_error_get(
  _ error: OpaquePointer?, _ detailsOut: UnsafeMutablePointer<UnsafePointer<web_error_t>?>?
) -> tenon_status_t { details(error, detailsOut) }

@c @implementation
public func web_fetch(
  _ executor: OpaquePointer?, _ request: UnsafePointer<web_request_t>?,
  _ responseOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  answer {
    let request = try Request(request)
    return export(on: executor, future: responseOut) { Value.object(try await fetch(request)) }
  }
}

@c @implementation
public func web_upload(
  _ executor: OpaquePointer?, _ request: UnsafePointer<web_request_t>?, _ body: OpaquePointer?,
  _ responseOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  answer {
    let request = try Request(request)
    let pieces = try Stream(borrowing: body)
    let status = export(on: executor, future: responseOut) {
      let body = AsyncThrowingStream {
        guard let piece = try await pieces.next() else { return nil as [UInt8]? }
        guard case .bytes(let bytes) = piece else { throw Invalid() }
        return bytes
      }
      return Value.object(try await upload(request, body: body))
    }
    if status == TENON_STATUS_OK { tenon_stream_release(body) }
    return status
  }
}

@c @implementation
public func web_response_get_status(
  _ response: OpaquePointer?, _ statusOut: UnsafeMutablePointer<Int64>?
) -> tenon_status_t {
  answer {
    let response = try Object.instance(response, as: Response.self)
    guard let statusOut else { throw Invalid() }
    statusOut.pointee = Int64(response.status)
    return TENON_STATUS_OK
  }
}

@c @implementation
public func web_response_get_headers(
  _ response: OpaquePointer?,
  _ headersOut: UnsafeMutablePointer<UnsafeMutablePointer<web_string_map_t>?>?
) -> tenon_status_t {
  answer {
    let response = try Object.instance(response, as: Response.self)
    guard let headersOut else { throw Invalid() }
    headersOut.pointee = Block.make(web_string_map_t()) { map, block in
      var entries: [web_string_entry_t] = []
      for (key, value) in response.headers {
        let key = block.add(key)
        entries.append(web_string_entry_t(key: key, value: block.add(value)))
      }
      map.data = block.add(entries)
      map.count = entries.count
    }
    return TENON_STATUS_OK
  }
}

@c @implementation
public func web_string_map_free(_ map: UnsafeMutablePointer<web_string_map_t>?) {
  map?.deallocate()
}

@c @implementation
public func web_response_body(
  _ response: OpaquePointer?, _ executor: OpaquePointer?,
  _ piecesOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  answer {
    let response = try Object.instance(response, as: Response.self)
    guard piecesOut != nil else { throw Invalid() }
    return export(on: executor, stream: piecesOut, response.body())
  }
}

@c @implementation
public func web_response_retain(_ response: OpaquePointer?) -> tenon_status_t {
  retain(response, Response.self)
}

@c @implementation
public func web_response_release(_ response: OpaquePointer?) -> tenon_status_t {
  release(response, Response.self)
}

@c @implementation
public func web_response_take(
  _ future: OpaquePointer?, _ responseOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t { take(future, responseOut, Response.self) }
