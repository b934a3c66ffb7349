import FloeIO
import FloeSDK

/// Reads rasters of any format that GDAL opens; several files become one stack.
struct RasterReadStep: ProcessingStep {
  static let name = "raster.read"
  static let summary = "Reads any raster that GDAL opens; several files become one stack when their grids agree."
  static let discussion = """
    The pixels keep their type, scale, offset and no-data value. Files of a stack must have the same size, origin, pixel
    size, reference system and pixel type; a difference of less than a hundredth of a pixel in the origin is taken for
    rounding. Bands are named by their descriptions, else by the file's name, or by `names`. Nothing is read before a
    later step asks. With `reduction` a coarser level that the file holds (overview or JPEG 2000 resolution) is read
    instead, not resampled; where a mask has no such level, a pixel is valid if all are that lie in it; a level that was
    made without regard to `no_data` has mixtures with it along the edges, which is warned of. Rotated and south-up
    rasters are refused, files whose bands differ in type, and those whose pixels have their places by control points,
    coefficients or arrays of longitudes and latitudes: warp them first. Axes of netCDF files must be even; their units
    are those of UDUNITS (`km`, `1000 m`). Each pixel is read by itself, so that edges need no rule; pixels that equal
    the file's no-data value, or `no_data`, are missing, and a file without one has no missing pixels but NaN. Masks
    inside of a file or beside it (`.msk`) and alpha bands count likewise: what they call invalid is read as the no-data
    value or, where a file declares none, as a value that none of its pixels can hold, in a wider type (uint8 as int16,
    uint16 as int32; floats as NaN). An alpha band that `bands` names by its number is read as a band and masks nothing.
    A dataset inside of a file is named as GDAL names it, `NETCDF:"f.nc":var`. A no-data value is rounded as the pixels
    are (-9999.9 in float32); one that they cannot hold is refused as `no_data`, and left out with a warning in a file.
    """
  static let example = """
    blue_red: { use: raster.read, with: { files: [B02.tif, B04.tif], names: [B02, B04] } }
    """

  @Param("The files, in the order of the stack's bands") var files: [InputPath]
  @Param("Bands to take from each file, counted from 1; all by default", in: 1...65535) var bands: [Int]?
  @Param("Names of the stack's bands, in order") var names: [String]?
  @Param("Replaces the quantity of all bands, for example reflectance or DN") var quantity: String?
  @Param("Replaces the no-data value of all bands, in stored numbers") var noData: Double?
  @Param("Factor of a coarser level held by the file", in: 1...4096) var reduction = 1
  @Output("The stack; type and no data as in the files") var image: Raster?

  func validate() throws {
    if files.isEmpty { throw ParameterError("files", "must name at least one file") }
    if let bands, bands.isEmpty {
      throw ParameterError("bands", "names no band: give numbers from 1, or leave it out for all")
    }
  }

  mutating func plan(in context: PlanContext) throws {
    let opened = try open()
    for remark in opened.remarks { context.warn(remark) }
    image = opened.image
  }
  mutating func run(in context: RunContext) async throws { image = try open().image }

  private func open() throws -> (image: Raster, remarks: [String]) {
    var parts: [StackSource.Part] = []
    var remarks: [String] = []
    var spec: RasterSpec?
    for file in files {
      var raster = try RasterFile.open(file.path, reduction: reduction, noData: noData)
      var numbers = raster.bandNumbers
      if let bands, !Set(bands).isSubset(of: numbers) {
        // Whoever asks for the alpha band by its number wants its values.
        let plain = try RasterFile.open(file.path, reduction: reduction, noData: noData, alphaIsData: true)
        if Set(bands).isSubset(of: plain.bandNumbers) {
          (raster, numbers) = (plain, plain.bandNumbers)
          remarks.append(
            "the alpha band of \(file.path) is asked for by its number: it is read as a band and masks no pixel")
        }
      }
      let chosen = try (bands ?? numbers).map { number in
        guard let place = numbers.firstIndex(of: number) else {
          throw FloeError(
            "\(file.path) has \(numbers.count) bands; band \(number) was asked for")
        }
        return place
      }
      try Self.checkAgreement(spec, raster.spec, file: file.path, first: files[0].path)
      var own = chosen.map { raster.spec.bands[$0] }
      if own.count == 1, files.count > 1 || own[0].name == "band1" { own[0].name = Self.stem(file.path) }
      if spec == nil {
        spec = raster.spec
        spec?.bands = own
      } else {
        spec?.bands += own
      }
      parts += chosen.map { StackSource.Part(source: raster, band: $0) }
      let grid = raster.spec.grid
      if let crs = grid.crs, grid.originX == 0, grid.originY == 0, grid.pixelWidth == Double(reduction),
        grid.pixelHeight == Double(reduction)
      {
        remarks.append(
          """
          \(file.path) names a reference system (\(crs.label)) and no places: its pixels are taken to be 1 unit wide, \
          with the corner at 0, 0; give it places, for example with gdal_edit.py -a_ullr
          """)
      }
      if reduction > 1, let noData {
        remarks.append(
          """
          the level of \(file.path) reduced by \(reduction) may be made without regard to no_data: pixels beside those \
          without data are then mixtures with \(noData) (dark edges where that is 0); read without reduction and bring \
          it to coarser pixels with raster.warp, resampling average, to have none
          """)
      }
      if noData == nil { remarks += raster.remarks }
    }
    guard var spec else { throw FloeError("no file was given") }
    if files.count > 1 {
      spec.classes = nil
      spec.style = nil
    }
    try rename(&spec.bands, type: spec.type)
    return (Raster(spec, source: StackSource(parts: parts)), remarks)
  }

  private func rename(_ bands: inout [BandSpec], type: PixelType) throws {
    let noData = try noData.map { value in
      guard let stored = type.stored(value) else {
        throw ParameterError(
          "no_data",
          "is \(value), which the \(type.rawValue) pixels of '\(files[0].path)' cannot hold; give a value of that type")
      }
      return stored
    }
    if let names {
      guard names.count == bands.count else {
        throw ParameterError("names", "gives \(names.count) names for \(bands.count) bands")
      }
      for i in bands.indices { bands[i].name = names[i] }
    }
    var seen: [String: Int] = [:]
    for i in bands.indices {
      let n = seen[bands[i].name, default: 0]
      seen[bands[i].name] = n + 1
      if n > 0 {
        if names != nil { throw ParameterError("names", "gives '\(bands[i].name)' twice") }
        bands[i].name += "_\(n + 1)"
      }
      if let quantity { bands[i].quantity = quantity }
      if let noData { bands[i].noData = noData }
    }
  }

  private static func checkAgreement(_ spec: RasterSpec?, _ other: RasterSpec, file: String, first: String) throws {
    guard let spec else { return }
    let a = spec.grid
    let b = other.grid
    func differ(_ what: String, _ x: String, _ y: String) -> FloeError {
      FloeError(
        """
        \(file) does not fit on \(first): its \(what) is \(y), not \(x); bring both to one grid first, for example \
        with raster.warp
        """
      )
    }
    if let d = a.difference(from: b) { throw differ(d.quantity, d.own, d.other) }
    if spec.type != other.type { throw differ("pixel type", spec.type.rawValue, other.type.rawValue) }
  }

  private static func stem(_ path: String) -> String {
    if let name = DatasetName(path), !name.part.isEmpty { return name.part }
    return FileStem.of(path)
  }
}

/// Bands of several files as one raster.
private struct StackSource: RasterSource {
  struct Part: Sendable {
    let source: RasterFile
    let band: Int
  }
  let parts: [Part]

  var readsBandsApart: Bool { Set(parts.map { ObjectIdentifier($0.source) }).count > 1 }
  /// Those of the files, where they are alike.
  var seams: RasterSeams? {
    parts.allSatisfy { $0.source.seams == parts[0].source.seams } ? parts[0].source.seams : nil
  }

  func read(_ window: PixelWindow, bands: [Int], into block: inout PixelBlock) throws {
    let type = parts[0].source.spec.type
    if let first = bands.first, bands.allSatisfy({ parts[$0].source === parts[first].source }) {
      return try parts[first].source.read(window, bands: bands.map { parts[$0].band }, into: &block)
    }
    block.reshape(window: window, bandCount: bands.count, type: type)
    let size = window.pixelCount * type.byteCount
    for (i, b) in bands.enumerated() {
      var one = PixelBlock(window: window, bandCount: 1, type: type)
      try parts[b].source.read(window, bands: [parts[b].band], into: &one)
      one.values.withBytes { from in
        block.values.withMutableBytes {
          UnsafeMutableRawBufferPointer(rebasing: $0[i * size..<(i + 1) * size]).copyMemory(from: from)
        }
      }
    }
  }
}
