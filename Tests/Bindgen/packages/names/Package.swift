// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "names",
  products: [.library(name: "Names", targets: ["Names"])],
  dependencies: [.package(path: "TENON_PATH")],
  targets: [
    .target(
      name: "Names", dependencies: [.product(name: "Tenon", package: "tenon")],
      plugins: [.plugin(name: "TenonBindgen", package: "tenon")])
  ]
)
