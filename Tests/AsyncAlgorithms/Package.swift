// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that Tenon depends on nothing.
let package = Package(
  name: "operators-on-streams",
  dependencies: [
    .package(name: "tenon", path: "../.."),
    .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0"),
  ],
  targets: [
    .testTarget(
      name: "OperatorTests",
      dependencies: [
        .product(name: "Tenon", package: "tenon"),
        .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
      ])
  ]
)
