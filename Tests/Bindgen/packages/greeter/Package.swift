// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "greeter",
  products: [.library(name: "greeter", type: .dynamic, targets: ["Greeter"])],
  dependencies: [.package(path: "TENON_PATH"), .package(path: "../names")],
  targets: [
    // What is exported by hand, beside what is generated.
    .target(name: "CGreeter", dependencies: [.product(name: "Tenon", package: "tenon")]),
    .target(
      name: "Words", dependencies: [.product(name: "Tenon", package: "tenon")],
      plugins: [.plugin(name: "TenonBindgen", package: "tenon")]),
    .target(
      name: "Greeter",
      dependencies: [
        "CGreeter", "Words", .product(name: "Names", package: "names"),
        .product(name: "Tenon", package: "tenon"),
      ],
      plugins: [.plugin(name: "TenonBindgen", package: "tenon")]),
  ]
)
