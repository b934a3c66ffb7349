// swift-tools-version: 6.1
import PackageDescription

// Every target lists the kit itself: without it a changed kit relinks but does not recompile the target.
let kit: Target.Dependency = .product(name: "FloeKit", package: "FloeKit")
let testSupport: Target.Dependency = .product(name: "FloeTestSupport", package: "FloeTestSupport")

let package = Package(
  name: "lead-width",
  // floe looks for files named lib*FloePlugin.so; the entry point is named after the product (Plugin.swift).
  products: [.library(name: "LeadWidthFloePlugin", type: .dynamic, targets: ["LeadWidth"])],
  dependencies: [.package(path: "../../Sources/FloeKit"), .package(path: "../../Sources/FloeTestSupport")],
  targets: [
    .target(name: "LeadWidth", dependencies: [kit]),
    .testTarget(name: "LeadWidthTests", dependencies: ["LeadWidth", kit, testSupport]),
  ],
  swiftLanguageModes: [.v6])
