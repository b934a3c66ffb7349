// swift-tools-version: 6.1
import PackageDescription

// Every target lists the kit itself: without it a changed kit relinks but does not recompile the target.
let kit: Target.Dependency = .product(name: "FloeKit", package: "__KitName__")
let testSupport: Target.Dependency = .product(name: "FloeTestSupport", package: "FloeTestSupport")

let package = Package(
  name: "__name__",
  // floe looks for files named lib*FloePlugin.so; the entry point is named after the product (Plugin.swift).
  products: [.library(name: "__Name__FloePlugin", type: .dynamic, targets: ["__Name__"])],
  dependencies: [.package(path: "__Kit__"), .package(path: "__TestSupport__")],
  targets: [
    .target(name: "__Name__", dependencies: [kit]),
    .testTarget(name: "__Name__Tests", dependencies: ["__Name__", kit, testSupport]),
  ],
  swiftLanguageModes: [.v6])
