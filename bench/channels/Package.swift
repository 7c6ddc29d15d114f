// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that only this program depends on the peer.
let package = Package(
  name: "bench-channels",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0")
  ],
  targets: [
    .executableTarget(
      name: "bench-channels",
      dependencies: [.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")],
      path: "Sources/BenchChannels")
  ]
)
