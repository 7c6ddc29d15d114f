// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "bench-call",
  products: [
    .library(name: "bench_call", type: .dynamic, targets: ["BenchCall", "BenchCallNonsending"])
  ],
  dependencies: [.package(name: "tenon", path: "../..")],
  targets: [
    .target(name: "CBenchCall"),
    .target(
      name: "BenchCall",
      dependencies: ["CBenchCall", .product(name: "Tenon", package: "tenon")]),
    .target(
      name: "BenchCallNonsending",
      dependencies: ["CBenchCall", .product(name: "Tenon", package: "tenon")],
      swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
  ]
)
