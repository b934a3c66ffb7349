// swift-tools-version: 6.1
import Foundation
import PackageDescription

// Every target lists the kit itself: without it a changed kit relinks but does not recompile the target.
let kit: Target.Dependency = .product(name: "FloeKit", package: "FloeKit")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let testSupport: Target.Dependency = .product(name: "FloeTestSupport", package: "FloeTestSupport")

/// Bundled plugins: folder under `plugins/`, module. The product is `<Module>FloePlugin`.
let plugins: [(folder: String, module: String)] = [
  ("formats", "Formats"),
  ("raster", "RasterSteps"),
  ("sentinel2", "Sentinel2"),
  ("clustering", "Clustering"),
  ("altimetry", "Altimetry"),
  ("colocation", "Colocation"),
  ("catalogue", "Catalogue"),
  ("qgis", "QGIS"),
  ("synthetic", "Synthetic"),
  ("evaluation", "Evaluation"),
  ("sentinel3", "Sentinel3"),
  ("cryosat2", "CryoSat2"),
  ("report", "Report"),
]

/// What single plugins need beyond the kit; it stays inside of them.
let extras: [String: (dependencies: [Target.Dependency], resources: [Resource])] = [
  "Report": (
    [.product(name: "Mustache", package: "swift-mustache")],
    [.embedInCode("report.mustache"), .embedInCode("moving-map.js")]
  )
]

/// Whether `Tests/` mirrors a plugin. SwiftPM keeps the answer until this file changes.
func hasTests(_ module: String) -> Bool {
  FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Tests/\(module)Tests")
}

/// `make bench-check` alone builds the benchmark of the kernels.
let benchmarks: [Target] =
  Context.environment["FLOE_BENCH"] == nil
  ? []
  : [
    .target(name: "CAllocations", path: "Benchmarks/Allocations"),
    .executableTarget(
      name: "kernel-bench", dependencies: ["Clustering", "CAllocations", kit], path: "Benchmarks/Kernels"),
  ]

let package = Package(
  name: "floe",
  products: plugins.map { .library(name: "\($0.module)FloePlugin", type: .dynamic, targets: [$0.module]) }
    + [.executable(name: "floe", targets: ["floe"])],
  // Exact versions, since Package.resolved is not committed.
  dependencies: [
    .package(path: "Sources/FloeKit"),
    .package(path: "Sources/FloeTestSupport"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
  ],
  targets: [
    .target(
      name: "FloeHost",
      dependencies: [
        kit, logging, "Yams",
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "Subprocess", package: "swift-subprocess"),
      ]),
    .executableTarget(
      name: "floe",
      dependencies: [
        "FloeHost", kit, logging, .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ]
    + plugins.map {
      .target(
        name: $0.module, dependencies: [kit] + (extras[$0.module]?.dependencies ?? []), path: "plugins/\($0.folder)",
        resources: extras[$0.module]?.resources)
    }
    + [
      .testTarget(name: "FloeCoreTests", dependencies: [kit]),
      .testTarget(name: "FloeIOTests", dependencies: [kit]),
      .testTarget(name: "FloeNumericsTests", dependencies: [kit]),
      .testTarget(name: "FloeSDKTests", dependencies: [kit]),
      .testTarget(name: "FloeHostTests", dependencies: ["FloeHost", "Formats", kit]),
      .testTarget(
        name: "ConformanceTests",
        dependencies: plugins.map { .init(stringLiteral: $0.module) } + ["FloeHost", kit, testSupport]),
    ]
    + plugins.map(\.module).filter(hasTests).map {
      .testTarget(
        name: "\($0)Tests",
        dependencies: [.init(stringLiteral: $0), kit, testSupport] + ($0 == "Altimetry" ? ["Synthetic"] : []))
    }
    + benchmarks,
  swiftLanguageModes: [.v6])
