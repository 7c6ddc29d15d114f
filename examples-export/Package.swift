// swift-tools-version: 6.2
import PackageDescription

let tenon = Target.Dependency.product(name: "Tenon", package: "tenon")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let client = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// Each module exports a package that was not made with Tenon in mind. What is Tenon's is two lines for each.
func exporting(_ name: String, _ dependency: Target.Dependency) -> Target {
  .target(
    name: name, dependencies: [dependency, tenon],
    plugins: [.plugin(name: "TenonBindgen", package: "tenon")])
}

// The same file, with a header and a bridge that were written.
func byHand(_ name: String, _ dependency: Target.Dependency) -> [Target] {
  [
    .target(name: "C\(name)", dependencies: [tenon], path: "by-hand/C\(name)"),
    .target(
      name: "\(name)ByHand",
      dependencies: ["Blocks", .byName(name: "C\(name)"), dependency, tenon],
      path: "by-hand/\(name)"),
  ]
}

let package = Package(
  name: "examples-export",
  products: [
    .library(name: "notes", type: .dynamic, targets: ["Notes"]),
    .library(name: "web", type: .dynamic, targets: ["Web"]),
    .library(name: "settings", type: .dynamic, targets: ["Settings"]),
    .library(name: "examples", type: .dynamic, targets: ["Notes", "Web", "Settings"]),
    .library(
      name: "by-hand", type: .dynamic, targets: ["NotesByHand", "WebByHand", "SettingsByHand"]),
  ],
  dependencies: [
    .package(name: "tenon", path: ".."),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
  ],
  targets: [
    exporting("Notes", grdb),
    exporting("Web", client),
    exporting("Settings", yams),

    // The same without the plugin, for those who want to know what it writes.
    .target(name: "Blocks", dependencies: [tenon], path: "by-hand/Blocks"),
  ] + byHand("Notes", grdb) + byHand("Web", client) + byHand("Settings", yams)
)
