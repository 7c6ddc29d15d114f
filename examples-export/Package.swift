// swift-tools-version: 6.2
import PackageDescription

// Each module exports a package that was not made with Tenon in mind. What is Tenon's is two lines for each.
func exporting(_ name: String, _ dependency: Target.Dependency) -> Target {
  .target(
    name: name, dependencies: [dependency, .product(name: "Tenon", package: "tenon")],
    plugins: [.plugin(name: "TenonBindgen", package: "tenon")])
}

let package = Package(
  name: "examples-export",
  products: [
    .library(name: "notes", type: .dynamic, targets: ["Notes"]),
    .library(name: "web", type: .dynamic, targets: ["Web"]),
    .library(name: "settings", type: .dynamic, targets: ["Settings"]),
    .library(name: "settings-by-hand", type: .dynamic, targets: ["SettingsByHand"]),
    .library(name: "examples", type: .dynamic, targets: ["Notes", "Web", "Settings"]),
  ],
  dependencies: [
    .package(name: "tenon", path: ".."),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
  ],
  targets: [
    exporting("Notes", .product(name: "GRDB", package: "GRDB.swift")),
    exporting("Web", .product(name: "AsyncHTTPClient", package: "async-http-client")),
    exporting("Settings", .product(name: "Yams", package: "Yams")),

    // The same as Settings without the plugin, for those who want to know what it writes.
    .target(
      name: "CSettings", dependencies: [.product(name: "Tenon", package: "tenon")],
      path: "by-hand/CSettings"),
    .target(
      name: "SettingsByHand",
      dependencies: [
        "CSettings", .product(name: "Yams", package: "Yams"),
        .product(name: "Tenon", package: "tenon"),
      ], path: "by-hand/Settings"),
  ]
)
