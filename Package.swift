// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "tenon",
  products: [
    .library(name: "Tenon", targets: ["Tenon"]),
    .library(name: "tenon", type: .dynamic, targets: ["Tenon"]),
  ],
  targets: [
    // MARK: The contract
    .target(name: "CTenon", path: "include", publicHeadersPath: "."),

    // MARK: What the system offers
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CSwiftRuntime"),
    .systemLibrary(
      name: "CLibuv", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),

    // MARK: Core, ABI and the Swift authors' face, in one module so that the layers cost nothing
    .target(
      name: "Tenon", dependencies: ["CTenon", "CLinux", "CSwiftRuntime"],
      swiftSettings: [.enableUpcomingFeature("InternalImportsByDefault")]),
  ]
)
