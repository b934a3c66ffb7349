internal import CGDAL
import FloeCore

/// The crossing between `CRS` values and OSR handles.
enum SpatialReference {
  /// The value of a borrowed handle; nil for one that has no WKT, and for the placeholder by which files say that they
  /// have no system (`ENGCRS["Undefined SRS"]` and `GEOGCRS["Undefined geographic SRS"]` of GeoPackages).
  static func value(of reference: OGRSpatialReferenceH) -> CRS? {
    if OSRIsLocal(reference) != 0, let name = text(OSRGetName(reference))?.lowercased(),
      ["undefined", "unknown", "unnamed"].contains(where: name.hasPrefix)
    {
      return nil
    }
    // What a GeoPackage's layer without a system is given by OGR before 3.9, whatever its coordinates are.
    if text(OSRGetName(reference)) == "Undefined geographic SRS" { return nil }
    let wkt = withStringList(["FORMAT=WKT2_2019", "MULTILINE=NO"]) { options -> String? in
      var pointer: UnsafeMutablePointer<CChar>?
      guard OSRExportToWktEx(reference, &pointer, constant(options)) == OGRERR_NONE else { return nil }
      defer { VSIFree(pointer) }
      return text(pointer)
    }
    guard let wkt, !wkt.isEmpty else { return nil }
    if let code = code(of: reference), !CodeCheck.holds(reference, wkt: wkt, code: code) {
      let name = text(OSRGetName(reference)).map { " ('\(TextEscape.oneLine($0))')" } ?? ""
      LibraryNotices.add(
        "a reference system has the code \(code)\(name), but its definition is another one than that of this code; "
          + "the definition is taken, and the code left out. Where the code is right, give the file that system anew, "
          + "for example with 'gdal_edit.py -a_srs \(code)'")
      return CRS(wkt: CodeCheck.withoutCode(reference, wkt, code), code: nil)
    }
    guard let code = code(of: reference) ?? identified(reference) else { return CRS(wkt: wkt, code: nil) }
    return CRS(wkt: CRSRegistry.wkt(code) ?? wkt, code: code)
  }

  /// Passes a new handle in x, y order; throws when the text of `crs` is not understood.
  static func withHandle<R>(_ crs: CRS, _ body: (OGRSpatialReferenceH) throws -> R) throws -> R {
    guard let reference = OSRNewSpatialReference(nil) else {
      throw FloeError("no memory for a coordinate reference system")
    }
    defer { OSRRelease(reference) }
    guard OSRSetFromUserInput(reference, crs.wkt) == OGRERR_NONE else {
      throw FloeError("the coordinate reference system '\(crs.label)' is not understood")
    }
    OSRSetAxisMappingStrategy(reference, OAMS_TRADITIONAL_GIS_ORDER)
    return try body(reference)
  }

  /// Passes a handle or, without a system, nil.
  static func withHandle<R>(optional crs: CRS?, _ body: (OGRSpatialReferenceH?) throws -> R) throws -> R {
    if let crs { try withHandle(crs) { try body($0) } } else { try body(nil) }
  }

  /// See `CRS.checkAngles`; systems of x, y and z from the Earth's centre and of heights alone are refused, too.
  static func checkAngles(_ reference: OGRSpatialReferenceH, _ what: String) throws(FloeError) {
    if OSRIsGeocentric(reference) != 0 {
      throw FloeError(
        "\(what) counts x, y and z from the Earth's centre; a map such as EPSG:3413, or longitudes and latitudes "
          + "(EPSG:4326), is needed")
    }
    if OSRIsVertical(reference) != 0, OSRIsProjected(reference) == 0, OSRIsGeographic(reference) == 0 {
      throw FloeError(
        "\(what) is a system of heights alone; a map such as EPSG:3413, or longitudes and latitudes (EPSG:4326), is "
          + "needed")
    }
    guard OSRIsGeographic(reference) != 0 else { return }
    var name: UnsafeMutablePointer<CChar>?
    let unit = OSRGetAngularUnits(reference, &name)
    var meridian: UnsafeMutablePointer<CChar>?
    let shift = OSRGetPrimeMeridian(reference, &meridian)
    let found =
      OSRIsDerivedGeographic(reference) != 0
      ? "longitudes and latitudes about another pole (\(text(OSRGetName(reference)) ?? "a derived system"))"
      : abs(unit - Double.pi / 180) > 1e-12
        ? "angles in the unit '\(text(name) ?? "unknown")'"
        : abs(shift) > 1e-12 ? "longitudes from \(text(meridian) ?? "\(shift) degrees")" : nil
    guard let found else { return }
    throw FloeError(
      """
      \(what) has \(found); longitudes and latitudes in degrees from Greenwich or a map are needed: bring it to one \
      with 'gdalwarp -t_srs EPSG:4326' or 'ogr2ogr -t_srs EPSG:4326'
      """)
  }

  private static func code(of reference: OGRSpatialReferenceH) -> String? {
    guard let authority = text(OSRGetAuthorityName(reference, nil)),
      let code = text(OSRGetAuthorityCode(reference, nil))
    else { return nil }
    return "\(authority):\(code)"
  }

  /// The code that OSR recognises from the definition alone, as for UTM zones without an identifier.
  private static func identified(_ reference: OGRSpatialReferenceH) -> String? {
    guard let copy = OSRClone(reference) else { return nil }
    defer { OSRRelease(copy) }
    return GDALMessages.collect { _ in
      guard OSRAutoIdentifyEPSG(copy) == OGRERR_NONE, let code = code(of: copy),
        let known = OSRNewSpatialReference(nil)
      else { return nil }
      defer { OSRRelease(known) }
      guard OSRSetFromUserInput(known, code) == OGRERR_NONE, hasSameUnits(reference, known) else { return nil }
      return code
    }
  }

  /// Whether coordinates of two systems count in the same units from the same meridian: what OSR recognises a UTM zone
  /// or WGS 84 by leaves both out, so that one in kilometres would become that in metres.
  private static func hasSameUnits(_ a: OGRSpatialReferenceH, _ b: OGRSpatialReferenceH) -> Bool {
    func same(_ x: Double, _ y: Double) -> Bool { abs(x - y) <= 1e-9 * max(abs(x), abs(y)) + 1e-12 }
    if OSRIsProjected(a) != OSRIsProjected(b) { return false }
    if OSRIsProjected(a) != 0, !same(OSRGetLinearUnits(a, nil), OSRGetLinearUnits(b, nil)) { return false }
    return same(OSRGetAngularUnits(a, nil), OSRGetAngularUnits(b, nil))
      && same(OSRGetPrimeMeridian(a, nil), OSRGetPrimeMeridian(b, nil))
  }
}
