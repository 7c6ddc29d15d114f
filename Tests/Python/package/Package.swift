// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "people",
  products: [.library(name: "docdb", type: .dynamic, targets: ["Docdb"])],
  dependencies: [.package(path: "TENON_PATH")],
  targets: [
    .target(
      name: "Docdb", dependencies: [.product(name: "Tenon", package: "tenon")],
      plugins: [.plugin(name: "TenonBindgen", package: "tenon")])
  ]
)
