import FloeIO
import FloeSDK

extension [OutputLayer] {
  /// The one value of a file without layers.
  ///
  /// - Throws: when there is none; the planner lets one of another kind not come this far.
  func only(of kind: PortKind) throws -> OutputLayer {
    guard let layer = first, layer.data.kind == kind else {
      throw FloeError("has no \(kind.rawValue) to write: the step did not make it")
    }
    return layer
  }
}

extension OutputLayer {
  /// The provenance as metadata items of a raster file.
  var provenanceItems: [String: String] {
    get throws { ["FLOE_PROVENANCE": try JSONText.encode(provenance)] }
  }
  /// The sentence for a value of another kind than a format holds.
  func unfit(for format: String) -> FloeError {
    FloeError("a file of the format \(format) cannot hold the \(data.kind.rawValue) '\(source)'")
  }
}
