internal import CGDAL
import FloeCore

/// Reads layers of GeoPackages, CSV files and whatever else OGR reads as tables.
public enum VectorLayer {
  /// The names of the layers of a file, in order.
  ///
  /// - Throws: a sentence where the file is missing or nothing reads it as layers; so do the other functions.
  public static func layers(of path: String) throws -> [String] {
    if NetCDFTable.isOwn(path) { return [FileStem.of(path)] }
    let groups = NetCDFTable.groups(of: path)
    if !groups.isEmpty { return groups }
    // OGR takes no file of one column for a table.
    if isText(path), try CSVCheck(path).columns == 1 { return [FileStem.of(path)] }
    return try GDALMessages.collect { _ in
      let dataset = try open(path)
      return withExtendedLifetime(dataset) { OpenLayer.names(dataset).filter { $0 != "layer_styles" } }
    }
  }

  /// Columns, kind of geometry and reference system of a layer, as a table without rows.
  ///
  /// - Parameter warn: takes a sentence for each column name that the file gives more than once; `readTable` numbers
  ///   them alike.
  public static func readSchema(_ path: String, layer: String? = nil, warn: (String) -> Void = { _ in }) throws -> Table
  {
    if let file = try NetCDFTable(path, layer: layer) { return try file.table(rows: false) }
    let check = try check(path)
    if let check, check.columns == 1 { return try OneColumnFile(path, check, layer: layer).table(rows: false) }
    return try GDALMessages.collect { messages in
      let reader = try reader(path, check, layer)
      let table = try reader.table(messages, rows: false)
      for name in reader.doubledNames {
        warn("'\(path)' gives the column '\(name)' more than once; the later ones are called '\(name)_2' and so on")
      }
      return table
    }
  }

  /// A whole layer.
  ///
  /// Points become two number columns, `x` and `y` unless taken. Polygons keep their rings and parts. Dates become
  /// seconds since 1970 UTC. A text column `dropped_because` becomes the status.
  ///
  /// - Parameter layer: the layer's name; nil for the only one, or the first.
  /// - Throws: a sentence where the file is missing or damaged, or has no such layer.
  public static func readTable(_ path: String, layer: String? = nil) throws -> Table {
    if let file = try NetCDFTable(path, layer: layer) { return try file.table(rows: true) }
    let check = try check(path)
    if let check, check.columns == 1 { return try OneColumnFile(path, check, layer: layer).table(rows: true) }
    return try GDALMessages.collect { messages in try reader(path, check, layer).table(messages, rows: true) }
  }

  /// The number of a layer's rows.
  public static func rowCount(_ path: String, layer: String? = nil) throws -> Int {
    if let file = try NetCDFTable(path, layer: layer) { return file.rowCount }
    let check = try check(path)
    if let check, check.columns == 1 { return try OneColumnFile(path, check, layer: layer).table(rows: true).rowCount }
    return try GDALMessages.collect { _ in
      let opened = try OpenLayer(path, open(path), layer)
      return withExtendedLifetime(opened.dataset) { Int(OGR_L_GetFeatureCount(opened.handle, 1)) }
    }
  }

  /// The rectangle around a layer's places, in the units of its reference system; nil where no row has a place.
  public static func extent(_ path: String, layer: String? = nil) throws -> Bounds? {
    if let file = try NetCDFTable(path, layer: layer) { return try extent(of: file.table(rows: true)) }
    if isText(path), try CSVCheck(path).columns == 1 { return nil }
    return try GDALMessages.collect { _ in
      let opened = try OpenLayer(path, open(path), layer)
      return withExtendedLifetime(opened.dataset) { opened.extent }
    }
  }

  /// The rectangle around a table's points; nil where there are none.
  private static func extent(of table: Table) throws -> Bounds? {
    guard case .points(let x, let y)? = table.geometry else { return nil }
    var box: Bounds?
    for (east, north) in try zip(table.numbers(x), table.numbers(y)) where east.isFinite && north.isFinite {
      let old = box ?? Bounds(minX: east, minY: north, maxX: east, maxY: north)
      box = Bounds(
        minX: min(old.minX, east), minY: min(old.minY, north), maxX: max(old.maxX, east), maxY: max(old.maxY, north))
    }
    return box
  }

  /// The first text of a text column that is neither a number nor a word for a missing value, and its row from 0; nil
  /// where there is none.
  public static func firstText(_ path: String, layer: String? = nil, column: String) throws -> (row: Int, text: String)?
  {
    guard case .text(let texts)? = try readTable(path, layer: layer)[column]?.values else { return nil }
    for (row, text) in texts.enumerated() {
      guard let text, NumberText.number(text) == nil, !MissingText.isOne(text) else { continue }
      return (row, text)
    }
    return nil
  }

  /// - Parameter check: what the look through a CSV file found; nil for others.
  private static func reader(_ path: String, _ check: CSVCheck?, _ layer: String?) throws -> LayerReader {
    // Where OGR's guess of the types cannot be trusted, columns are read as texts.
    let typing = check.flatMap { $0.hasOddFields ? $0.typing : nil }
    let opened = try OpenLayer(path, open(path, isTyped: typing == nil), layer)
    if layer == nil { opened.tellOthers() }
    if let first = check?.firstField, let name = opened.firstColumn, name == "field_1", name != first {
      LibraryNotices.add(
        "'\(path)' has a number in its first line, which is taken for a row; its columns are called field_1, field_2 "
          + "and so on")
    }
    if ["XLSX", "ODS", "XLS"].contains(opened.dataset.driverName), opened.firstColumn == "Field1" {
      LibraryNotices.add(
        "'\(path)' has no row that is known for one of names, since all of them are alike (texts under texts, for "
          + "example); the first one is taken for values, and the columns are called Field1, Field2 and so on. In a "
          + "CSV file the first line gives the names")
    }
    return LayerReader(opened, typing: typing, texts: check?.typing)
  }

  /// Looks through a CSV file; nil for other files.
  ///
  /// - Throws: a sentence for a file that OGR would misread.
  private static func check(_ path: String) throws -> CSVCheck? {
    guard isText(path) else { return nil }
    return try CSVCheck(path)
  }

  private static func isText(_ path: String) -> Bool {
    (path.lowercased().hasSuffix(".csv") || path.lowercased().hasSuffix(".tsv")) && !VirtualFile.isDirectory(path)
  }

  static func open(_ path: String, isTyped: Bool = true) throws -> GDALDataset {
    try TableMemory.checkDocument(path)
    // Options that a driver does not know would only cost a warning; CSV needs them to see numbers.
    let options =
      isText(path)
      ? ["AUTODETECT_TYPE=\(isTyped ? "YES" : "NO")", "AUTODETECT_SIZE_LIMIT=0", "EMPTY_STRING_AS_NULL=YES"] : []
    return try GDALDataset.open(path, flags: GDAL_OF_VECTOR, drivers: isText(path) ? ["CSV"] : nil, options: options)
  }
}
