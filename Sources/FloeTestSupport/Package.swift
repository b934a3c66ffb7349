// swift-tools-version: 6.1
import PackageDescription

// A package of its own: as a product of the kit it would bring second copies of the kit's types into tests.
let package = Package(
  name: "FloeTestSupport",
  products: [.library(name: "FloeTestSupport", targets: ["FloeTestSupport"])],
  dependencies: [.package(path: "../FloeKit")],
  targets: [.target(name: "FloeTestSupport", dependencies: [.product(name: "FloeKit", package: "FloeKit")])],
  swiftLanguageModes: [.v6])
