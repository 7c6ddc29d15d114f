// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "bench-node",
  products: [.library(name: "BenchNode", type: .dynamic, targets: ["BenchNode"])],
  dependencies: [.package(name: "tenon", path: "../../..")],
  targets: [
    .target(
      name: "BenchNode",
      dependencies: [
        .product(name: "Tenon", package: "tenon"), .product(name: "TenonNode", package: "tenon"),
      ])
  ]
)
