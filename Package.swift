// swift-tools-version: 6.2
import PackageDescription

let swift: [SwiftSetting] = [.enableUpcomingFeature("InternalImportsByDefault")]

// Debug information of C in DWARF 4, as Swift's own is: valgrind 3.19 gives up on what clang writes else. It becomes
// -Wp,-dwarf-version=4: a package with unsafeFlags could not be depended on.
let c: [CSetting] = [.enableWarning("p,-dwarf-version=4")]

let package = Package(
  name: "tenon",
  products: [
    .library(name: "Tenon", targets: ["Tenon", "TenonExport"]),
    .library(name: "TenonUV", targets: ["TenonUV"]),
    .library(name: "TenonNode", targets: ["TenonNode"]),
    .library(name: "TenonFoundation", targets: ["TenonFoundation"]),
    .library(name: "TenonInspect", targets: ["TenonInspect"]),
    .library(name: "tenon", type: .dynamic, targets: ["Tenon"]),
    .library(name: "tenon_inspect", type: .dynamic, targets: ["TenonInspect"]),
    .plugin(name: "TenonBindgen", targets: ["TenonBindgen"]),
  ],
  targets: [
    // MARK: The contract
    .target(name: "CTenon", path: "include", publicHeadersPath: "."),

    // MARK: What the system offers
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CSwiftRuntime"),
    .target(name: "CThread", cSettings: c + [.headerSearchPath("../CTenonRoot")]),
    .target(name: "CExport", cSettings: c),
    .systemLibrary(name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),

    // What a copy of Tenon does when it is loaded.
    .target(
      name: "CTenonImage",
      cSettings: c + [
        .headerSearchPath("../CTenonRoot"), .headerSearchPath("../CReserve"),
      ]),

    // What the child of a fork needs, in each library with a copy of Swift's runtime.
    .target(name: "CFork", cSettings: c),

    // Where debuggers and other processes find what a copy keeps: see CTenonImage/root.c.
    .systemLibrary(name: "CTenonRoot"),

    // MARK: Core, ABI and the Swift authors' face, in one module so that the layers cost nothing
    .target(
      name: "Tenon",
      dependencies: [
        "CTenon", "CFork", "CTenonImage", "CTenonRoot", "CThread", "CExport", "CLinux",
        "CSwiftRuntime",
      ],
      swiftSettings: swift),

    // MARK: What the code that tenon-bindgen writes stands on
    .target(
      name: "TenonExport", dependencies: ["CTenon", "CExport", "Tenon"], swiftSettings: swift),

    // The generator itself is no target: see packaging/bindgen.sh.
    .plugin(name: "TenonBindgen", capability: .buildTool()),

    // MARK: What looks into processes: this one, as the program `tenon` does it with others (packaging/inspector.sh)
    .systemLibrary(name: "CTrace"),
    .target(name: "CReserve", cSettings: c),
    .target(
      name: "TenonInspect", dependencies: ["CTenon", "CFork", "CTenonRoot", "CTrace", "CReserve"],
      path: "Sources/TenonInspector",
      exclude: [
        "Tool.swift", "main.swift", "Reading/Core.swift", "Commands", "Dumping", "Sampling",
        "Screen", "Observing",
      ],
      sources: ["Facts", "Inside", "Printing", "Reading"], swiftSettings: swift),

    // MARK: Adapters, clients of the contract
    .target(name: "TenonUVLoop", dependencies: ["CTenon", "Tenon", "CLibuv"], cSettings: c),
    .target(
      name: "TenonUV", dependencies: ["CTenon", "Tenon", "TenonUVLoop", "CLibuv"],
      swiftSettings: swift),

    // Node's own libuv, which the node program has: so nothing is linked.
    .target(
      name: "TenonNodeLoop", dependencies: ["CTenon", "Tenon"],
      cSettings: c + [.headerSearchPath("uv")]),
    .target(
      name: "TenonNode", dependencies: ["CTenon", "Tenon", "TenonNodeLoop"], swiftSettings: swift),

    // What errors mean in Foundation, and how its types cross, for those who use it.
    .target(name: "TenonFoundationStart", cSettings: c),
    .target(
      name: "TenonFoundation",
      dependencies: ["CTenon", "Tenon", "TenonExport", "TenonFoundationStart"],
      swiftSettings: swift),

    // MARK: Examples
    .target(
      name: "CSearchFile", dependencies: ["CTenon"], path: "examples-c/search/include",
      publicHeadersPath: "."),
    .target(
      name: "SearchFile", dependencies: ["CSearchFile", "CTenon", "Tenon", "TenonUV"],
      path: "examples-c/search/SearchFile", swiftSettings: swift),
    .target(
      name: "SearchOutput", dependencies: ["CLibuv"], path: "examples-c/search/output",
      publicHeadersPath: "."),
    .executableTarget(
      name: "search",
      dependencies: [
        "CSearchFile", "SearchFile", "SearchOutput", "CTenon", "TenonUVLoop", "CLibuv",
      ],
      path: "examples-c/search", exclude: ["SearchFile", "include", "output"]),
    .executableTarget(
      name: "search-cpp",
      dependencies: [
        "CSearchFile", "SearchFile", "SearchOutput", "CTenon", "TenonUVLoop", "CLibuv",
      ],
      path: "examples-cpp/search"),

    // MARK: Tests
    .target(name: "ProgramSupport", path: "Tests/Programs/support"),
    .executableTarget(
      name: "owned-mode", dependencies: ["ProgramSupport", "Tenon", "CTenon"],
      path: "Tests/Programs/owned-mode"),
    .executableTarget(
      name: "owned-runtime", dependencies: ["ProgramSupport", "Tenon", "CTenon"],
      path: "Tests/Programs/owned-runtime"),
    .executableTarget(
      name: "owned-pool", dependencies: ["ProgramSupport", "Tenon", "TenonExport", "CTenon"],
      path: "Tests/Programs/owned-pool"),
    .executableTarget(
      name: "sole-loop", dependencies: ["ProgramSupport", "Tenon", "TenonExport", "CTenon"],
      path: "Tests/Programs/sole-loop"),
    .executableTarget(
      name: "library-mode", dependencies: ["ProgramSupport", "Tenon", "CTenon"],
      path: "Tests/Programs/library-mode"),
    .executableTarget(
      name: "isolation", dependencies: ["ProgramSupport", "Tenon"],
      path: "Tests/Programs/isolation"),
    .executableTarget(
      name: "inspected", dependencies: ["Tenon", "TenonInspect", "CTenon"],
      path: "Tests/Programs/inspected"),
    .executableTarget(
      name: "watched", dependencies: ["Tenon", "TenonInspect", "CTenon"],
      path: "Tests/Programs/watched"),
    .executableTarget(
      name: "culprits", dependencies: ["Tenon", "CTenon"], path: "Tests/Programs/culprits"),
    .executableTarget(
      name: "busy", dependencies: ["Tenon", "CTenon"], path: "Tests/Programs/busy"),
    .target(
      name: "CEcho", dependencies: ["CTenon"], path: "Tests/Programs/cpp-and-swift/include",
      publicHeadersPath: "."),
    .target(
      name: "Echo", dependencies: ["CEcho", "CTenon", "Tenon"],
      path: "Tests/Programs/cpp-and-swift/Echo", swiftSettings: swift),
    .executableTarget(
      name: "cpp-and-swift", dependencies: ["CEcho", "Echo", "CTenon", "Tenon"],
      path: "Tests/Programs/cpp-and-swift", exclude: ["Echo", "include"]),
    // What stops a thread in the middle of a call, which the conformance tests have.
    .target(
      name: "CStopped", dependencies: ["CTenon"], path: "Tests/Conformance",
      sources: ["stopped.c", "check.c"], publicHeadersPath: "stopped",
      cSettings: c + [.headerSearchPath("."), .headerSearchPath("include")]),
    .testTarget(name: "TenonTests", dependencies: ["Tenon", "TenonExport", "CTenon", "CStopped"]),
    .testTarget(
      name: "TenonFoundationTests", dependencies: ["TenonFoundation", "Tenon", "CTenon"]),
    .testTarget(name: "TenonUVTests", dependencies: ["TenonUV", "Tenon", "CTenon", "CLibuv"]),
  ],
  cxxLanguageStandard: .cxx20
)
