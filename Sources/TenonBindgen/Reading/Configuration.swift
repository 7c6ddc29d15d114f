import SwiftIfConfig
import SwiftSyntax

/// What `#if` is asked in the sources: the conditions that the build sets, and this machine.
struct Configuration: BuildConfiguration {
  var conditions: Set<String> = []
  /// What `canImport` finds beside the modules that come with Swift.
  var modules: Set<String> = []

  private static let shipped: Set<String> = [
    "Swift", "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Synchronization",
    "Observation",
    "RegexBuilder", "Tenon", "CTenon",
  ]

  func isCustomConditionSet(name: String) throws -> Bool { conditions.contains(name) }
  func hasFeature(name: String) throws -> Bool { false }
  func hasAttribute(name: String) throws -> Bool { false }
  func canImport(importPath: [(TokenSyntax, String)], version: CanImportVersion) throws -> Bool {
    let name = importPath.first?.1 ?? ""
    return modules.contains(name) || Configuration.shipped.contains(name)
  }
  func isActiveTargetOS(name: String) throws -> Bool { name == "Linux" }
  func isActiveTargetArchitecture(name: String) throws -> Bool {
    #if arch(x86_64)
      name == "x86_64"
    #else
      name == "arm64"
    #endif
  }
  func isActiveTargetEnvironment(name: String) throws -> Bool { false }
  func isActiveTargetRuntime(name: String) throws -> Bool {
    name == "_Native" || name == "_multithreaded"
  }
  func isActiveTargetPointerAuthentication(name: String) throws -> Bool { name == "_none" }
  func isActiveTargetObjectFormat(name: String) throws -> Bool { name == "ELF" }
  var targetPointerBitWidth: Int { 64 }
  var targetAtomicBitWidths: [Int] { [8, 16, 32, 64] }
  var endianness: Endianness { .little }
  var languageVersion: VersionTuple { VersionTuple(6) }
  var compilerVersion: VersionTuple { VersionTuple(6, 3) }
}
