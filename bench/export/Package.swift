// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "bench-export",
  products: [
    .library(name: "bench_export", type: .dynamic, targets: ["CBenchExport", "BenchExport"])
  ],
  dependencies: [.package(name: "tenon", path: "../..")],
  targets: [
    // What is exported by hand, beside what is generated.
    .target(name: "CBenchExport", dependencies: [.product(name: "Tenon", package: "tenon")]),
    .target(
      name: "BenchExport",
      dependencies: ["CBenchExport", .product(name: "Tenon", package: "tenon")],
      plugins: [.plugin(name: "TenonBindgen", package: "tenon")]),
  ]
)
