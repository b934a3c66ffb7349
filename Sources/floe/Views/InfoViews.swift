import FloeHost
import FloeIO
import FloeSDK
import Foundation

/// What `floe info` prints.
protocol InfoView {
  var text: String { get }
  func json() throws -> String
}

struct ProductView: InfoView {
  let product: ProductDescription

  var text: String {
    var rows: [[String]] = [["product", product.name], ["kind", product.kind]]
    if let t = product.acquisition.time { rows.append(["time", t.iso8601]) }
    if let a = product.start, let b = product.stop { rows.append(["covers", "\(a.iso8601) to \(b.iso8601)"]) }
    if let p = product.acquisition.platform { rows.append(["platform", p]) }
    if let b = product.acquisition.baseline { rows.append(["baseline", b]) }
    if let z = product.acquisition.sunZenith {
      rows.append(["sun", String(format: "zenith %.2f°, azimuth %.2f°", z, product.acquisition.sunAzimuth ?? .nan)])
    }
    if let n = product.records { rows.append(["records", "\(n)"]) }
    if !product.footprint.isEmpty {
      let shown =
        product.isTrack
        ? [product.footprint[0], product.footprint[product.footprint.count - 1]] : Array(product.footprint.prefix(5))
      rows.append([
        product.isTrack ? "track" : "footprint",
        shown.map { String(format: "%.3f %.3f", $0.x, $0.y) }.joined(separator: product.isTrack ? " to " : ", ")
          + " (lon lat)",
      ])
    }
    rows += product.facts.map { [$0.name, $0.text] }
    var out = Terminal.table(rows, indent: "")
    if !product.bands.isEmpty {
      out +=
        "\nbands\n"
        + Terminal.table(
          product.bands.map { b in
            [
              b.name, b.wavelength.map { String(format: "%.1f nm", $0) } ?? "",
              "\(b.quantity) = \(NumberWords.linear("DN", scale: b.scale, offset: b.offset))", b.summary,
            ]
          })
    }
    for w in product.warnings { out += "\nwarning: \(w)" }
    return out
  }

  func json() throws -> String { try JSONView.text(product) }
}

/// A raster or vector file that no product reader knows.
struct FileView: InfoView {
  let path: String
  private let raster: RasterSpec?
  private let layers: [Layer]

  /// A layer of a file of tables.
  private struct Layer {
    let name: String
    /// Columns, kind of geometry and reference system, without rows.
    let schema: Table
    let rowCount: Int
    /// The rectangle around all places; nil where there are none.
    let extent: Bounds?

    /// `points`, `polygons`; nil where the rows have no place.
    var geometry: String? {
      switch schema.geometry {
      case .points: "points"
      case .polygons: "polygons"
      case .multiPolygons: "polygons, several a row"
      case nil: nil
      }
    }

    var heading: String {
      let rows = "\(rowCount) \(rowCount == 1 ? "row" : "rows")"
      let place = geometry.map { ", \($0) in \(schema.crs?.label ?? "no reference system")" } ?? ""
      return "layer \(name)  \(rows)\(place)" + (extent.map { "\nextent  \(FileView.words($0))" } ?? "")
    }
  }

  /// `x 500000 to 548000, y 7900020 to 7948020`
  private static func words(_ b: Bounds) -> String {
    "x \(NumberWords.text(b.minX)) to \(NumberWords.text(b.maxX)), "
      + "y \(NumberWords.text(b.minY)) to \(NumberWords.text(b.maxY))"
  }

  init(path: String) throws {
    self.path = path
    if RasterFile.driver(of: path) != nil {
      raster = try RasterFile.open(path).spec
      layers = []
    } else {
      raster = nil
      do {
        layers = try VectorLayer.layers(of: path).map { name in
          Layer(
            name: name, schema: try VectorLayer.readSchema(path, layer: name),
            rowCount: try VectorLayer.rowCount(path, layer: name),
            extent: try VectorLayer.extent(path, layer: name))
        }
      } catch {
        throw Self.unknownFolder(path) ?? Self.unknownFile(path, error) ?? error
      }
    }
  }

  /// The sentence about a file that is neither raster nor layer, whose reason is not the layer's alone; nil for others.
  private static func unknownFile(_ path: String, _ error: any Error) -> FloeError? {
    // A missing file has been reported by whoever tried to open it.
    if (try? VirtualFile.size(path)) == 0 { return FloeError("'\(path)' is empty (0 bytes)") }
    guard let error = error as? FloeError, error.message.contains("not recognized as a supported file format") else {
      return nil
    }
    return FloeError(
      "'\(path)' is no raster and no vector file that GDAL knows, nor what else floe reads or writes; it may be "
        + "damaged, cut short or named wrongly")
  }

  /// The sentence about a folder that nobody knows; nil for a file.
  private static func unknownFolder(_ path: String) -> FloeError? {
    // A folder that cannot be listed has been reported by whoever tried to open it.
    guard Folder.isFolder(path), let names = try? VirtualFile.list(path) else { return nil }
    let products = names.filter { [".SAFE", ".zarr", ".SEN3", ".zip"].contains(where: $0.hasSuffix) }
    return FloeError(
      "'\(path)' is a folder that floe knows no product of"
        + (products.isEmpty
          ? "; give a product (.SAFE, .zarr, .SEN3), its .zip, or a raster or table file"
          : "; it holds \(products.prefix(4).joined(separator: ", ")): give one of them"))
  }

  var text: String {
    if let raster {
      var rows = [
        ["raster", path], ["grid", PlanView.describe(.raster(Raster(planned: raster)))],
        ["extent", Self.words(raster.grid.bounds)],
      ]
      if let t = raster.acquisition?.time { rows.append(["time", t.iso8601]) }
      if let c = raster.classes {
        rows.append(["classes", c.entries.map { "\($0.code) \($0.label)" }.joined(separator: ", ")])
      }
      rows += raster.bands.map { b in
        let noData = b.noData.map { ", no data \(NumberWords.text($0))" } ?? ""
        let isPlain = b.scale == 1 && b.offset == 0
        let linear = isPlain ? "" : ", \(NumberWords.linear("stored", scale: b.scale, offset: b.offset))"
        return ["band \(b.name)", "\(b.quantity), unit \(b.unit.rawValue)\(linear)\(noData)"]
      }
      return Terminal.table(rows, indent: "")
    }
    return layers.map { layer in
      "\(layer.heading)\n"
        + Terminal.table(layer.schema.columns.map { [$0.name, $0.values.kind, $0.unit.rawValue, $0.summary] })
    }.joined(separator: "\n")
  }

  func json() throws -> String {
    if let raster { return try JSONView.text(raster) }
    let all = layers.map { layer -> JSONValue in
      let crs = layer.schema.crs.map { crs -> JSONValue in ["code": JSONValue(crs.code), "wkt": .string(crs.wkt)] }
      let extent = layer.extent.map { b -> JSONValue in
        ["min_x": .number(b.minX), "min_y": .number(b.minY), "max_x": .number(b.maxX), "max_y": .number(b.maxY)]
      }
      return [
        "layer": .string(layer.name), "rows": .integer(layer.rowCount),
        "geometry": JSONValue(layer.geometry), "crs": crs ?? .null,
        "extent": extent ?? .null,
        "columns": .array(
          layer.schema.columns.map {
            [
              "name": .string($0.name), "type": .string($0.values.kind), "unit": .string($0.unit.rawValue),
              "summary": .string($0.summary),
            ]
          }),
      ]
    }
    return try JSONText.encode(.array(all), pretty: true)
  }
}
