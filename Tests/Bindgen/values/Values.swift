import Foundation
import Synchronization
import Tenon
import TenonFoundation

/// A folder: it knows how many of them there are.
@Export public final class Folder: Sendable {
  private static let living = Mutex(0)
  @Export public let name: String
  @Export public init(name: String) {
    self.name = name
    Folder.living.withLock { $0 += 1 }
  }
  deinit { Folder.living.withLock { $0 -= 1 } }
  @Export public static var count: Int { living.withLock { $0 } }
  @Export public func isSame(as other: Folder) -> Bool { self === other }
  /// Asks C, which may do anything meanwhile.
  @Export public func ask(_ asked: () -> Int) -> Int {
    let answer = asked()
    return answer + name.utf8.count
  }
  /// Where it is.
  @Export public func place(next: Place? = nil) -> Place {
    Place(
      folder: self, parent: nil, others: next.map { [$0.folder] } ?? [], byName: [:],
      kind: .some(self))
  }
}

/// A place has folders in all ways.
@Export public struct Place: Sendable {
  public var folder: Folder
  public var parent: Folder?
  public var others: [Folder]
  public var byName: [String: Folder]
  public var kind: Kind
}

@Export public enum Kind: Sendable {
  case none
  case some(Folder)
  case pair(left: Folder, right: Folder?)
  case places([Place])
}

@Export public enum PlaceError: Error { case taken(by: Folder, since: Date) }

@Export public func echo(_ place: Place) -> Place { place }
@Export public func echoKind(_ kind: Kind?) -> Kind? { kind }
@Export public func folders(_ names: [String]) -> [Folder] { names.map(Folder.init) }
@Export public func fetchFolders(_ names: [String]) async -> [String: Folder] {
  Dictionary(uniqueKeysWithValues: names.map { ($0, Folder(name: $0)) })
}
@Export public func join(_ folders: [Folder], _ more: [Folder?]?) -> String {
  (folders.map(\.name) + (more ?? []).map { $0?.name ?? "-" }).joined(separator: "/")
}
@Export public func take(_ folder: Folder) throws(PlaceError) {
  throw .taken(by: folder, since: Date(timeIntervalSince1970: 1.5))
}
@Export public func places(_ count: Int) -> AsyncStream<Place> {
  AsyncStream { continuation in
    for number in 0..<count { continuation.yield(Folder(name: "\(number)").place()) }
    continuation.finish()
  }
}
@Export public func each(_ folders: [Folder?], _ body: @Sendable (Folder?, Place?) -> Void) {
  for folder in folders { body(folder, folder?.place()) }
}
@Export public func choose(_ place: Place, _ chooser: (Place) throws -> Folder) throws -> Folder {
  try chooser(place)
}

/// What Foundation has.
@Export public struct Event: Sendable, Equatable {
  public var id: UUID
  public var when: Date
  public var link: URL
  public var data: Data
  public var maybeID: UUID?
  public var maybeWhen: Date?
  public var maybeLink: URL?
  public var maybeData: Data?
  public var ids: [UUID]
  public var dates: [Date]
  public var links: [URL]
  public var byID: [UUID: Date]
  public var last = false
}

@Export public func echoEvent(_ event: Event) async -> Event { event }
@Export public func nilUUID() -> UUID {
  UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}
@Export public func later(_ date: Date, by duration: Duration, id: UUID) -> Date {
  id == nilUUID() ? date : date.addingTimeInterval(Double(duration.components.seconds))
}
@Export public func fetchID(_ id: UUID?) async -> UUID? { id }
@Export public func fetchDate(_ date: Date?) async -> Date? { date }
@Export public func child(of link: URL, _ name: String) async -> URL { link.appending(path: name) }
@Export public func reversed(_ data: Data) -> Data { Data(data.reversed()) }
@Export public func host(_ link: URL?) -> String? { link?.host() }
@Export public func stamps(
  _ ids: [UUID], _ stamp: @Sendable (UUID, Date?, URL) -> Date
) -> [Date] {
  ids.map { stamp($0, nil, URL(filePath: "/a")) }
}

/// Called like its module: C has values_t, and not values_values_t.
@Export public struct Values: Sendable, Equatable {
  @Export public enum Mode: Sendable { case few, many }
  public var mode = Mode.many
  public var copy: [String: Int] = [:]
  public var next: Mode?
  public var title: String = "all" + " of them"
  @Export public func sum() -> Int { copy.values.reduce(0, +) }
}

/// Gives them one by one.
///
/// - Returns: The values, in their order.
@Export public func list(_ values: [Values]) -> AsyncStream<Values> {
  AsyncStream { continuation in
    for one in values { continuation.yield(one) }
    continuation.finish()
  }
}
