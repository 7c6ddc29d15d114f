// swift-tools-version: 6.2
import PackageDescription

// What C calls: by hand, and what is exported, beside the same by hand. One package, so that it is built with one Tenon.
let package = Package(
  name: "bench",
  products: [
    .library(name: "bench_call", type: .dynamic, targets: ["BenchCall", "BenchCallNonsending"]),
    .library(name: "bench_export", type: .dynamic, targets: ["CBenchExport", "BenchExport"]),
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
    .target(name: "CBenchExport", dependencies: [.product(name: "Tenon", package: "tenon")]),
    .target(
      name: "BenchExport",
      dependencies: ["CBenchExport", .product(name: "Tenon", package: "tenon")],
      plugins: [.plugin(name: "TenonBindgen", package: "tenon")]),
  ]
)
