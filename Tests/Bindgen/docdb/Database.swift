import Tenon
import TenonExport

/// One document.
@Export public struct Document: Sendable, Equatable {
  /// Unique within its database.
  public var id: String
  /// 0 for one that was never stored.
  public var revision: Int64 = 0
  public var scores: [Double]
  public var body: [UInt8]
  /// Names by which it is found.
  public var tags: [String]
  /// Seconds since 1970 after which it is gone.
  public var expires: Double?
  public var title: String?
}

/// Which documents.
@Export public enum Query: Sendable {
  case all
  /// Those whose id starts so.
  case prefix(String)
  case range(from: String, to: String, limit: Int)
}

/// How safe a write is.
@Export public enum Durability: Int32, Sendable { case memory = 0, disk = 1 }

@Export public enum DatabaseError: Error {
  case closed
  /// Somebody else was faster.
  case conflict(expected: Int64, found: Int64)
  case invalidID(String)
}

/// Opens a database.
///
/// - Parameters:
///   - path: Where it is; made if it is not there.
///   - progress: Told how far the opening is, from 0 to 1.
@Export public func open(
  path: String, progress: @escaping @Sendable (Double) -> Void = { _ in }
) async throws -> Connection {
  for step in 0...2 { progress(Double(step) / 2); await Task.yield() }
  return Connection(path: path)
}

/// A connection to a database.
@Export public actor Connection {
  private let path: String
  private var documents: [String: Document] = [:]
  private var isClosed = false
  init(path: String) { self.path = path }

  /// Stores a document.
  ///
  /// - Returns: Its new revision.
  @Export public func put(_ document: Document, durability: Durability = .memory)
    throws(DatabaseError) -> Int64
  {
    if isClosed { throw .closed }
    if document.id.isEmpty { throw .invalidID(document.id) }
    let found = documents[document.id]?.revision ?? 0
    if found != document.revision { throw .conflict(expected: document.revision, found: found) }
    var new = document
    new.revision += 1
    documents[new.id] = new
    return new.revision
  }

  /// Finds a document; nil: there is none.
  @Export public func get(_ id: String) throws -> Document? {
    if isClosed { throw DatabaseError.closed }
    return documents[id]
  }

  /// The documents that match, in the order of their ids.
  @Export public func query(_ query: Query) -> AsyncThrowingStream<Document, any Error> {
    let all = documents.values.sorted { $0.id < $1.id }
    return AsyncThrowingStream { continuation in
      for document in all {
        switch query {
        case .all: continuation.yield(document)
        case .prefix(let prefix): if document.id.hasPrefix(prefix) { continuation.yield(document) }
        case .range(let from, let to, _):
          if (from...to).contains(document.id) { continuation.yield(document) }
        }
      }
      continuation.finish()
    }
  }

  /// How many documents there are.
  @Export public func count() -> Int { documents.count }

  /// Ends the connection: what comes later throws ``DatabaseError/closed``.
  @Export public func close() { isClosed = true }
}
