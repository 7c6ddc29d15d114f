// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "bench-pool",
  dependencies: [.package(name: "tenon", path: "../..")],
  targets: [
    .executableTarget(
      name: "bench-pool", dependencies: [.product(name: "Tenon", package: "tenon")],
      path: "Sources/BenchPool")
  ]
)
