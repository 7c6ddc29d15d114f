// swift-tools-version: 6.2
import PackageDescription

// A package of its own: SwiftPM fetches what a manifest names for everybody who depends on it, and Tenon depends on nothing.

let swift: [SwiftSetting] = [.enableUpcomingFeature("InternalImportsByDefault")]
let tenon: Target.Dependency = .product(name: "Tenon", package: "tenon")

let package = Package(
  name: "tenon-bridges",
  products: [
    .library(name: "TenonLogging", targets: ["TenonLogging"]),
    .library(name: "TenonMetrics", targets: ["TenonMetrics"]),
    .library(name: "TenonTracing", targets: ["TenonTracing"]),
    .library(name: "TenonServiceLifecycle", targets: ["TenonServiceLifecycle"]),
  ],
  dependencies: [
    .package(name: "tenon", path: ".."),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
  ],
  targets: [
    .target(name: "CTenonLogging"),
    .target(
      name: "TenonLogging",
      dependencies: ["CTenonLogging", tenon, .product(name: "Logging", package: "swift-log")],
      swiftSettings: swift),
    .target(
      name: "TenonMetrics",
      dependencies: [
        .product(name: "TenonInspect", package: "tenon"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
      ],
      swiftSettings: swift),
    .target(
      name: "TenonTracing",
      dependencies: [tenon, .product(name: "Tracing", package: "swift-distributed-tracing")],
      swiftSettings: swift),
    .target(
      name: "TenonServiceLifecycle",
      dependencies: [
        tenon, .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swift),
    .testTarget(
      name: "TenonBridgesTests",
      dependencies: [
        "CTenonLogging", "TenonLogging", "TenonMetrics", "TenonTracing", "TenonServiceLifecycle",
        tenon, .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ]),
  ]
)
