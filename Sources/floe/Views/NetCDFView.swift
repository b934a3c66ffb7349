import FloeIO
import FloeSDK

/// The dimensions and variables of a netCDF file that is no raster: a track, a product's measurements.
struct NetCDFView: InfoView {
  private let file: NetCDFFile

  /// Throws: a sentence for a file that netCDF cannot read.
  init(path: String) throws { file = try NetCDFFile.open(path) }

  var text: String {
    var rows = [["netCDF", file.path]]
    if case .text(let title)? = file.attributes["title"] { rows.append(["title", title]) }
    rows += file.dimensions.map { ["dimension \($0.name)", "\($0.length)"] }
    rows += file.variables.map { v in
      let shape = v.dimensions.joined(separator: ", ")
      let unit = v.unit.map { ", unit \($0)" } ?? ""
      let long = v.attributes["long_name"]?.text.map { ", \($0)" } ?? ""
      return ["variable \(v.name)", "\(v.type.rawValue) (\(shape))\(unit)\(long)"]
    }
    return Terminal.table(rows, indent: "")
  }

  func json() throws -> String {
    try JSONText.encode(
      [
        "kind": "netcdf",
        "dimensions": .object(
          Dictionary(file.dimensions.map { ($0.name, .integer($0.length)) }) { first, _ in first }),
        "variables": .array(
          file.variables.map { v in
            [
              "name": .string(v.name), "type": .string(v.type.rawValue),
              "dimensions": .array(v.dimensions.map { .string($0) }),
              "unit": JSONValue(v.unit), "summary": JSONValue(v.attributes["long_name"]?.text),
            ]
          }),
      ], pretty: true)
  }
}
