import FloeSDK
import Foundation

/// The folder that holds `styles/`, `examples/`, `templates/` and, where floe is installed, the kit's sources.
public struct ResourceDirectory: Sendable {
  /// The folder itself.
  public let folder: String

  /// Looks in `$FLOE_SHARE`, in `../share/floe` beside the executable's folder, then upwards for a checkout.
  ///
  /// - Throws: the sentence that names the places searched.
  public static func find(executable: String, environment: [String: String]) throws -> ResourceDirectory {
    var places: [String] = []
    if let set = environment["FLOE_SHARE"], !set.isEmpty { places.append(set) }
    let bin = URL(fileURLWithPath: executable).resolvingSymlinksInPath().deletingLastPathComponent()
    places.append(bin.deletingLastPathComponent().appendingPathComponent("share/floe").path)
    var up = bin
    for _ in 0..<6 {
      up = up.deletingLastPathComponent()
      places.append(up.path)
    }
    for place in places where FileManager.default.fileExists(atPath: place + "/styles/classes.qml") {
      return ResourceDirectory(folder: place)
    }
    throw FloeError(
      """
      floe's styles and examples were not found in \(places.prefix(2).joined(separator: ", ")) or a checkout above \
      it; set FLOE_SHARE to the folder that holds 'styles'
      """
    )
  }

  /// A share folder known to the caller.
  public init(folder: String) { self.folder = folder }
  /// The text of a style file.
  public func style(_ name: String) throws -> String {
    let path = "\(folder)/styles/\(name)"
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw FloeError("style file \(path) cannot be read; floe's share folder is incomplete")
    }
    return text
  }
  /// The plugin kit's package: as installed, or in the checkout.
  public func kit() throws -> String {
    for place in ["\(folder)/FloeKit", "\(folder)/Sources/FloeKit"]
    where FileManager.default.fileExists(atPath: place + "/Package.swift") { return place }
    throw FloeError(
      "the plugin kit is neither in \(folder)/FloeKit nor in \(folder)/Sources/FloeKit; name its folder with --kit")
  }
  /// The path of an example pipeline.
  public func example(_ name: String) -> String { "\(folder)/examples/\(name)" }
}
