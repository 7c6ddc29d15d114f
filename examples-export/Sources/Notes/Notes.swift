import GRDB
import Tenon

/// One note.
@Export public struct Note: Codable, FetchableRecord, MutablePersistableRecord, Sendable {
  /// Given when it is stored.
  public var id: Int64?
  public var title: String
  public var body: String
  /// From 0 to 5.
  public var stars: Double

  public mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

/// What a column holds.
@Export public enum Cell: Sendable {
  case null, integer(Int64), real(Double), text(String), blob([UInt8])
}

/// What a query gives: the columns by name.
@Export public struct Row: Sendable { public var columns: [String: Cell] }

@Export public enum NotesError: Error {
  /// There is a note of that title.
  case taken(title: String)
  /// What SQLite says of anything else.
  case sqlite(code: Int32, message: String)
}

/// A file with notes.
@Export public final class Notebook: Sendable {
  private let database: DatabaseQueue

  private init(_ database: DatabaseQueue) { self.database = database }

  /// Opens a notebook, which is made if it is not there.
  @Export public static func open(path: String) async throws -> Notebook {
    do {
      let database = try DatabaseQueue(path: path)
      try await database.write {
        try $0.create(table: "note", options: .ifNotExists) {
          $0.autoIncrementedPrimaryKey("id")
          $0.column("title", .text).notNull().unique()
          $0.column("body", .text).notNull()
          $0.column("stars", .double).notNull()
        }
      }
      return Notebook(database)
    } catch {
      throw NotesError(error) ?? error
    }
  }

  /// Stores a note.
  ///
  /// - Returns: It, with its id.
  @Export public func add(_ note: Note) async throws -> Note {
    do {
      return try await database.write { try note.inserted($0) }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw NotesError.taken(title: note.title)
    } catch {
      throw NotesError(error) ?? error
    }
  }

  /// The notes with at least so many stars, in the order of their ids. They are read as they are asked for.
  @Export public func notes(stars: Double = 0) -> some AsyncSequence<Note, any Error> & Sendable {
    StoredNotes(database: database, stars: stars)
  }

  /// What a query of your own gives. A cancel interrupts it.
  @Export public func query(_ sql: String) -> AsyncThrowingStream<Row, any Error> {
    AsyncThrowingStream { [database] continuation in
      let task = Task {
        do {
          try await database.read {
            let rows = try GRDB.Row.fetchCursor($0, sql: sql)
            while let row = try rows.next() { continuation.yield(Row(row)) }
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: NotesError(error) ?? error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}

/// Notes of a database, some at a time.
struct StoredNotes: AsyncSequence, AsyncIteratorProtocol, Sendable {
  let database: DatabaseQueue
  let stars: Double
  private var page: ArraySlice<Note> = []
  private var last: Int64 = 0

  init(database: DatabaseQueue, stars: Double) { (self.database, self.stars) = (database, stars) }

  func makeAsyncIterator() -> StoredNotes { self }

  mutating func next() async throws -> Note? {
    if page.isEmpty {
      page = try await database.read { [stars, last] in
        try Note.filter(Column("id") > last && Column("stars") >= stars).order(Column("id"))
          .limit(64).fetchAll($0)
      }[...]
    }
    let note = page.popFirst()
    if let id = note?.id { last = id }
    return note
  }
}

extension NotesError {
  /// nil: it is not SQLite's, such as a cancel.
  init?(_ error: any Error) {
    guard let error = error as? DatabaseError else { return nil }
    self = .sqlite(code: error.resultCode.rawValue, message: error.message ?? "")
  }
}

extension Row {
  init(_ row: GRDB.Row) {
    columns = [:]
    for (name, value) in row {
      switch value.storage {
      case .null: columns[name] = .null
      case .int64(let number): columns[name] = .integer(number)
      case .double(let number): columns[name] = .real(number)
      case .string(let text): columns[name] = .text(text)
      case .blob(let data): columns[name] = .blob([UInt8](data))
      }
    }
  }
}
