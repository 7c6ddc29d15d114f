import Foundation
import PackagePlugin

/// Runs tenon-bindgen for a target that uses `@Export`: `swift build` then compiles what C calls, too. The headers, and the
/// interface for other modules, lie beside it, where `make bundle` finds them.
@main struct TenonBindgen: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    guard let target = target as? SwiftSourceModuleTarget else { return [] }
    let work = context.pluginWorkDirectoryURL
    let thunks = work.appending(path: "\(target.name)+Export.swift")
    let sources = target.sourceFiles(withSuffix: "swift").map(\.url)
    let repository = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let script = repository.appending(path: "packaging/bindgen.sh")
    let generator =
      FileManager.default.enumerator(
        at: repository.appending(path: "Sources/TenonBindgen"), includingPropertiesForKeys: nil)?
      .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" } ?? []
    // One tool for all targets: outputs/PACKAGE/TARGET/destination/PLUGIN is below it.
    var outputs = work
    for _ in 0..<4 { outputs.deleteLastPathComponent() }
    let tool = outputs.deletingLastPathComponent().appending(path: "tenon-bindgen")
    let library = snakeCase(target.name)
    var arguments = [
      script.path, tool.path, "--library", library, "--module", target.moduleName,
      "--headers", work.appending(path: "include").path, "--thunks", thunks.path,
      "--interface", work.appending(path: "\(library).json").path,
      "--node", work.appending(path: "node").path,
    ]
    var made = [thunks]
    // For languages that have no compiler at hand: `make wheel`.
    if ProcessInfo.processInfo.environment["TENON_PACKED"] != nil {
      let packed = work.appending(path: "\(target.name)+Packed.swift")
      arguments += ["--packed", packed.path, "--python", work.appending(path: "python").path]
      made.append(packed)
    }
    var inputs = sources + generator + [script]
    let lock = context.package.directoryURL.appending(path: "\(library).lock.json")
    if FileManager.default.fileExists(atPath: lock.path) {
      arguments += ["--lock", lock.path]
      inputs.append(lock)
    }
    for condition in target.compilationConditions { arguments += ["-D", condition] }
    for other in target.recursiveTargetDependencies {
      guard let other = other as? SwiftSourceModuleTarget, exports(other) else { continue }
      let package = other.directoryURL.path.hasPrefix(context.package.directoryURL.path + "/")
      let identity =
        package
        ? context.package.id
        : context.package.dependencies.first {
          other.directoryURL.path.hasPrefix($0.package.directoryURL.path + "/")
        }?.package.id
      guard let identity else { continue }
      let place = outputs.appending(path: "\(identity)/\(other.name)/destination/TenonBindgen")
      arguments += ["--import", place.appending(path: "\(snakeCase(other.name)).json").path]
      inputs.append(place.appending(path: "\(other.name)+Export.swift"))
    }
    let swiftc = try context.tool(named: "swiftc").url
    return [
      .buildCommand(
        displayName: "Exporting \(target.name)", executable: URL(filePath: "/bin/bash"),
        arguments: arguments + sources.map(\.path),
        environment: [
          "SWIFTC": swiftc.path,
          "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
        ], inputFiles: inputs, outputFiles: made)
    ]
  }

  /// Whether a target is one of those that use this plugin.
  private func exports(_ target: SwiftSourceModuleTarget) -> Bool {
    target.sourceFiles(withSuffix: "swift").contains {
      ((try? String(contentsOf: $0.url, encoding: .utf8)) ?? "").contains("\n@Export")
    }
  }

  private func snakeCase(_ name: String) -> String {
    var result = ""
    let letters = Array(name)
    for (index, letter) in letters.enumerated() {
      let before = index > 0 ? letters[index - 1] : "_"
      let endsAcronym =
        before.isUppercase && index + 1 < letters.count && letters[index + 1].isLowercase
      if letter.isUppercase, before != "_", !before.isUppercase || endsAcronym { result += "_" }
      result += letter.isLetter || letter.isNumber ? letter.lowercased() : "_"
    }
    return result
  }
}
