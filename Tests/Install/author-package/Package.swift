// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "words",
  products: [
    // `make bundle` wants a dynamic product.
    .library(name: "words", type: .dynamic, targets: ["Words"]),
    // A library of its own, with a header of its own.
    .library(name: "letters", type: .dynamic, targets: ["Letters"]),
  ],
  dependencies: [
    .package(path: "TENON_PATH")
  ],
  targets: [
    // What C sees: include/words.h, and nothing to compile.
    .target(name: "CWords", dependencies: [.product(name: "Tenon", package: "tenon")]),
    .target(name: "Words", dependencies: ["CWords", .product(name: "Tenon", package: "tenon")]),
    .target(name: "CLetters", dependencies: [.product(name: "Tenon", package: "tenon")]),
    .target(
      name: "Letters", dependencies: ["CLetters", .product(name: "Tenon", package: "tenon")]),
  ]
)
