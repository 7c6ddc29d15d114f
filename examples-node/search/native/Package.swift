// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "tenon-search",
  products: [.library(name: "Search", type: .dynamic, targets: ["Search"])],
  dependencies: [.package(name: "tenon", path: "../../..")],
  targets: [
    .target(
      name: "Search",
      dependencies: [
        .product(name: "Tenon", package: "tenon"), .product(name: "TenonNode", package: "tenon"),
      ])
  ]
)
