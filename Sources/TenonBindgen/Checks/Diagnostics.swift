import Foundation

/// A mistake of the author's: where it is, what it is, and what to write instead.
struct Diagnostic: Error {
  var location: Location
  var message: String
  var isWarning = false
}

/// What was found so far. A reader goes on after a mistake, so that the author sees them all.
final class Diagnostics {
  private(set) var all: [Diagnostic] = []

  var hasErrors: Bool { all.contains { !$0.isWarning } }

  func error(_ location: Location, _ message: String) {
    let isKnown = all.contains {
      $0.location.file == location.file && $0.location.line == location.line
        && $0.location.column == location.column && $0.message == message
    }
    if !isKnown { all.append(Diagnostic(location: location, message: message)) }
  }

  func add(_ diagnostic: Diagnostic) { error(diagnostic.location, diagnostic.message) }

  /// Does something that may fail for a mistake, and goes on.
  func attempt<Result>(_ body: () throws -> Result) -> Result? {
    do {
      return try body()
    } catch let diagnostic as Diagnostic {
      add(diagnostic)
    } catch {
      add(
        Diagnostic(
          location: Location(file: "tenon-bindgen", line: 1, column: 1), message: "\(error)"))
    }
    return nil
  }

  /// Writes them as compilers do, in the order of the sources.
  func print() {
    for one in all.sorted(by: {
      ($0.location.file, $0.location.line, $0.location.column)
        < ($1.location.file, $1.location.line, $1.location.column)
    }) {
      let at = "\(one.location.file):\(one.location.line):\(one.location.column)"
      FileHandle.standardError.write(
        Data("\(at): \(one.isWarning ? "warning" : "error"): \(one.message)\n".utf8))
    }
  }
}
