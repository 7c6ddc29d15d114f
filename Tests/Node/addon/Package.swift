// swift-tools-version: 6.2
import PackageDescription

// What the tests load: an addon as an author would write one.
let package = Package(
  name: "test-addon",
  products: [.library(name: "TestAddon", type: .dynamic, targets: ["TestAddon"])],
  dependencies: [.package(name: "tenon", path: "../../..")],
  targets: [
    .target(
      name: "TestAddon",
      dependencies: [
        .product(name: "Tenon", package: "tenon"), .product(name: "TenonNode", package: "tenon"),
      ])
  ]
)
