internal import CGDAL
import FloeCore

/// What the coordinate variables of a netCDF file say of the places of a variable's pixels, where GDAL's driver does
/// not hear them.
///
/// GDAL 3.6 takes the last two dimensions for rows and columns whatever they are, makes an even grid of the first and
/// the last coordinate, and knows few spellings of units; a map in others counts as one in metres. Units are understood
/// here; a variable whose pixels would come to lie elsewhere is refused.
///
/// Source: CF 1.10, sections 3.1, 4 and 5; units as UDUNITS writes them.
struct NetCDFGridRules {
  /// The file, without the name of a part of it.
  private let path: String
  private let part: String
  /// Nil for a file in an archive, which the library cannot open.
  private let file: NetCDFFile?

  init(_ netCDF: NetCDFPart) {
    (path, part, file) = (netCDF.path, netCDF.part, netCDF.file)
  }

  /// The grid of a variable, in metres where the unit of its axes is not that of its reference system.
  ///
  /// - Parameters:
  ///   - grid: as GDAL's driver has it.
  ///   - transform: GDAL's, in full resolution; nil where it found no places.
  ///   - name: the variable, as GDAL calls it.
  /// - Throws: a sentence where pixels do not lie on that grid.
  func settled(
    _ grid: Grid, transform: [Double]?, variable name: String?, reference: OGRSpatialReferenceH?
  ) throws -> Grid {
    guard let file else { return try unpacked(grid, reference) }
    guard let name, let v = try file.described(name, part: part), v.shape.count > 1 else { return grid }
    let axes = try v.dimensions.map { try Self.axis($0, of: v, in: file) }
    try checkOrder(v, axes)
    let rows = axes[axes.count - 2]
    let columns = axes[axes.count - 1]
    if transform == nil, Self.hasSwath(v, file) {
      throw FloeError(
        "variable '\(v.name)' of '\(path)' has longitudes and latitudes of each pixel (a swath), not a regular grid, "
          + "so that it would have no place on a map; warp it to one first, for example with 'gdalwarp -geoloc' or "
          + "pyresample")
    }
    let projection = reference.flatMap { text(OSRGetAttrValue($0, "PROJECTION", 0)) }
    let isScanned = projection == "Geostationary_Satellite"
    for (axis, role) in [(rows, NetCDFAxis.Role.y), (columns, NetCDFAxis.Role.x)] {
      guard let axis, transform != nil || NetCDFAxis.role(of: axis) == role else { continue }
      let own = NetCDFAxis(axis, role: role, values: try file.readPhysical(axis.name))
      if let odd = own.unevenness { throw FloeError("\(own.told(odd, path)); \(Self.way)") }
      // Angles of a scanner are metres to GDAL.
      guard let transform, !isScanned else { continue }
      let (origin, step) = role == .x ? (transform[0], transform[1]) : (transform[3], transform[5])
      if let sentence = own.misplacement(origin: origin, step: step) {
        throw FloeError("the axis '\(axis.name)' of '\(path)' \(sentence)")
      }
    }
    if transform == nil, let rows, let columns, rows.count > 1, columns.count > 1,
      NetCDFAxis.isDeclared(rows), NetCDFAxis.isDeclared(columns)
    {
      throw FloeError(
        "GDAL finds no grid by the axes '\(rows.name)' and '\(columns.name)' of '\(path)', though they are even within "
          + "the precision of their numbers; store them in double precision")
    }
    if reference == nil, let mapping = v.attributes["grid_mapping"]?.text {
      LibraryNotices.add(
        "variable '\(v.name)' of '\(path)' names the grid mapping '\(mapping)', of which no reference system can be "
          + "made; the raster has none, and 'gdal_translate -a_srs' gives it one")
    }
    if reference == nil, v.attributes["grid_mapping"] == nil, transform != nil, let rows, let columns,
      [rows, columns].allSatisfy({ NetCDFAxis.isAngle($0) && !Self.isRotated($0) })
    {
      LibraryNotices.add(
        "variable '\(v.name)' of '\(path)' lies on axes in degrees and names no grid mapping; the raster has no "
          + "reference system, and 'gdal_translate -a_srs EPSG:4326' gives it that of WGS 84")
    }
    guard transform != nil, !isScanned, let reference else { return grid }
    return try inKnownUnits(grid, reference, rows, columns)
  }

  private static let way =
    "bring it to a regular grid first, for example with 'gdalwarp -geoloc', CDO's 'remapbil' or xarray's 'interp'"

  /// The coordinates of a dimension: its own variable, or one that the attribute `coordinates` names.
  private static func axis(_ dimension: String, of v: NetCDFVariable, in file: NetCDFFile) throws -> NetCDFVariable? {
    // Those of a group's variable may stand in the groups around it.
    var groups = v.name.split(separator: "/").dropLast().map(String.init)
    let words = (v.attributes["coordinates"]?.text ?? "").split(separator: " ").map(String.init)
    while true {
      for name in [dimension] + words {
        let found = try file.find((groups + [name]).joined(separator: "/"))
        guard let found, found.dimensions == [dimension], !found.type.isText else { continue }
        if name == dimension || NetCDFAxis.role(of: found) != nil { return found }
      }
      if groups.isEmpty { return nil }
      groups.removeLast()
    }
  }

  /// Refuses a variable whose last two dimensions are not rows and columns.
  private func checkOrder(_ v: NetCDFVariable, _ axes: [NetCDFVariable?]) throws {
    let roles = zip(v.dimensions, axes).map { name, axis -> NetCDFAxis.Role? in
      if let axis { return NetCDFAxis.role(of: axis) }
      return NetCDFAxis.role(named: name)
    }
    let last = roles.count - 1
    // Names alone, without coordinates, place nothing.
    let isTurned = (roles[last] == .y || roles[last - 1] == .x) && (axes[last] != nil || axes[last - 1] != nil)
    let isBehind = roles.dropLast(2).contains { $0 != nil } && (roles[last - 1] != .y || roles[last] != .x)
    guard isTurned || isBehind else { return }
    func those(_ role: NetCDFAxis.Role?) -> [String] {
      v.dimensions.indices.filter { roles[$0] == role }.map { v.dimensions[$0] }
    }
    let right = (those(nil) + those(.y) + those(.x)).joined(separator: ",")
    throw FloeError(
      "variable '\(v.name)' of '\(path)' has its dimensions in the order \(v.dimensions.joined(separator: ", ")), but "
        + "rows (y) and columns (x) have to be the last two; put them there first, for example with "
        + "'ncpdq -a \(right) in.nc out.nc'")
  }

  /// Whether an axis counts degrees of a globe whose pole is elsewhere (`grid_longitude`).
  private static func isRotated(_ axis: NetCDFVariable) -> Bool {
    axis.attributes["standard_name"]?.text?.lowercased().hasPrefix("grid_") ?? false
  }

  /// Whether longitudes and latitudes of each pixel are there.
  private static func hasSwath(_ v: NetCDFVariable, _ file: NetCDFFile) -> Bool {
    let plane = Array(v.dimensions.suffix(2))
    let roles = file.variables.filter { $0.dimensions == plane && !$0.type.isText && $0.name != v.name }
      .filter { NetCDFAxis.isAngle($0) || ["lat", "lon", "latitude", "longitude"].contains($0.name.lowercased()) }
      .map { NetCDFAxis.role(of: $0) }
    return roles.contains(.x) && roles.contains(.y)
  }

  /// The grid of a file whose axes cannot be read.
  private func unpacked(_ grid: Grid, _ reference: OGRSpatialReferenceH?) throws -> Grid {
    if let reference, OSRIsProjected(reference) != 0, Self.linearUnit(reference).isUnknown {
      throw FloeError(
        "'\(path)' has axes in a unit that GDAL does not know, which cannot be looked up in an archive; unpack the "
          + "file first")
    }
    LibraryNotices.add(
      "'\(path)' lies in an archive, where the axes of a netCDF file cannot be read: they are taken for even ones")
    return grid
  }

  private static func linearUnit(_ reference: OGRSpatialReferenceH) -> (metres: Double, isUnknown: Bool) {
    var name: UnsafeMutablePointer<CChar>?
    let metres = OSRGetLinearUnits(reference, &name)
    return (metres, text(name)?.lowercased() == "unknown")
  }

  /// The grid in the unit of its reference system; in metres where that has none which GDAL knows.
  private func inKnownUnits(
    _ grid: Grid, _ reference: OGRSpatialReferenceH, _ rows: NetCDFVariable?, _ columns: NetCDFVariable?
  ) throws -> Grid {
    let axes = [rows, columns].compactMap { $0 }
    if OSRIsGeographic(reference) != 0 {
      for axis in axes {
        guard let unit = axis.unit, !unit.isEmpty, !NetCDFAxis.isDegree(unit) else { continue }
        throw FloeError(
          "the axis '\(axis.name)' of '\(path)' has the unit '\(unit)', but its reference system counts in degrees; "
            + "degrees_east and degrees_north are right")
      }
      return grid
    }
    guard OSRIsProjected(reference) != 0, !axes.isEmpty else { return grid }
    let own = Self.linearUnit(reference)
    var common: Double?
    for axis in axes {
      let unit = String(NumberText.trimmed(axis.unit ?? ""))
      if unit.isEmpty, !own.isUnknown { return grid }
      guard let factor = NetCDFAxis.metres(unit), common == nil || common == factor else {
        let told = unit.isEmpty ? "no unit" : "the unit '\(TextEscape.oneLine(unit))'"
        let fault = NetCDFAxis.metres(unit) == nil ? "that is no length which is known" : "unlike the other axis"
        throw FloeError(
          "the axis '\(axis.name)' of '\(path)' has \(told), \(fault), so that its map has no size; 'm', 'km' or "
            + "a number of them such as '1000 m' is right (ncatted -a units,\(axis.name),o,c,km FILE)")
      }
      common = factor
    }
    guard let metres = common, own.isUnknown || abs(metres - own.metres) > 1e-6 * metres else { return grid }
    let factor = own.isUnknown ? metres : metres / own.metres
    let made = Grid(
      width: grid.width, height: grid.height, originX: grid.originX * factor, originY: grid.originY * factor,
      pixelWidth: grid.pixelWidth * factor, pixelHeight: grid.pixelHeight * factor,
      crs: own.isUnknown ? Self.inMetres(reference, unit: metres) : grid.crs)
    guard let scaled = made, scaled.crs != nil else {
      throw FloeError("'\(path)' has no usable grid in metres (axes in units of \(metres) m)")
    }
    return scaled
  }

  /// The same projection in metres; its false easting and northing count in the axes' unit.
  private static func inMetres(_ reference: OGRSpatialReferenceH, unit: Double) -> CRS? {
    guard let copy = OSRClone(reference) else { return nil }
    defer { OSRRelease(copy) }
    guard OSRSetLinearUnits(copy, "unit of the axes", unit) == OGRERR_NONE,
      OSRSetLinearUnitsAndUpdateParameters(copy, "metre", 1) == OGRERR_NONE
    else { return nil }
    return SpatialReference.value(of: copy)
  }
}

extension NetCDFFile {
  /// The variable that GDAL calls `name` in the part of the file that a dataset's name gives.
  func described(_ name: String, part: String) throws -> NetCDFVariable? {
    if part.split(separator: "/").last.map(String.init) == name, let found = try find(part) { return found }
    if let found = try find(name) { return found }
    return variables.first { $0.name.hasSuffix("/\(name)") }
  }
}
