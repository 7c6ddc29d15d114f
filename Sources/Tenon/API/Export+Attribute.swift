/// Exports a declaration to C and C++: the plugin TenonBindgen writes what that takes.
///
///     @Export public func greet(_ name: String) async throws -> String { ... }
///
/// It is for functions, initializers, properties, structs, enums, classes, actors, protocols and extensions. It changes
/// nothing about what it stands before.
@attached(peer)
public macro Export(_ options: ExportOption...) = Builtin.ExternalMacro

/// The same with a name for other languages, where the one that Swift has does not do.
@attached(peer)
public macro Export(_ name: String, _ options: ExportOption...) = Builtin.ExternalMacro

/// How something is exported.
public struct ExportOption: Sendable {
  /// A function that blocks, or computes for long: C gets a future, and the loop goes on.
  public static let concurrent = ExportOption()
  /// Integers of 64 bits are JavaScript's numbers, exact to 2^53, and not its bigints: of a function, or of a type with all that
  /// is in it.
  public static let number = ExportOption()
}
