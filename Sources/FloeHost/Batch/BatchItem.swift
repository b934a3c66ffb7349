import FloeIO
import FloeSDK
import Foundation

/// One scene of a batch: the folder that it gets and what its run is given.
public struct BatchItem: Sendable, Hashable {
  /// The name of the folder, inside of the batch's.
  public let name: String
  /// Values of the pipeline's inputs, URLs without what they hide.
  public let settings: [String: String]
  /// The whole URLs, by what `settings` shows of them.
  var urls: [String: String] = [:]
  /// The inputs that distinguish it from other scenes: those that name it.
  var identity: [String] = []
}

/// Turns `--over` into the list of scenes.
public struct BatchItems {
  /// Values that vary together, with a name for each row.
  private struct Rows {
    let source: String
    /// The input that names the rows; nil where none is a file.
    let naming: String?
    var rows: [Row]
  }
  private typealias Row = (name: String, path: String?, settings: [String: String])
  private let pipeline: Pipeline
  private let library: StepLibrary?

  /// All scenes of a request, in order.
  ///
  /// - Parameters:
  ///   - over: `name=PATTERN`, `name=catalog.json` or `list.csv`.
  ///   - crosses: whether every value of one is combined with every value of the others; else the first goes with the
  ///     first, the second with the second.
  ///   - library: says what the steps that read an input make of it.
  ///   - note: takes sentences for people.
  /// - Throws: `RequestRefused` with a sentence.
  public static func find(
    over: [String], crosses: Bool, common: [String: String], pipeline: Pipeline, library: StepLibrary? = nil,
    note: (String) -> Void = { _ in }
  ) throws -> [BatchItem] {
    let finder = BatchItems(pipeline: pipeline, library: library)
    let all = try over.map { try finder.rows($0, note) }
    guard let first = all.first else {
      throw RequestRefused.because("give at least one --over, for example --over scene='DIR/*.SAFE'")
    }
    var seen: Set<String> = []
    for (source, name) in all.flatMap({ rows in
      Set(rows.rows.flatMap { Array($0.settings.keys) }).sorted().map { (rows.source, $0) }
    }) {
      if !seen.insert(name).inserted {
        throw RequestRefused.because("input '\(name)' is given by more than one --over")
      }
      if common[name] != nil { throw RequestRefused.because("input '\(name)' is given by --over and by --set") }
      guard pipeline.inputs[name] != nil else {
        let near = Spelling.nearest(name, among: pipeline.inputs.keys).map { " (did you mean '\($0)'?)" } ?? ""
        throw RequestRefused.because(
          """
          \(source): the pipeline has no input '\(name)'\(near); it has \
          \(pipeline.inputs.isEmpty ? "none" : pipeline.inputs.keys.joined(separator: ", "))
          """)
      }
    }
    var rows = first.rows
    for other in all.dropFirst() {
      if crosses {
        rows = rows.flatMap { a in
          other.rows.map { b in
            ("\(a.name)--\(b.name)", nil, a.settings.merging(b.settings) { own, _ in own })
          }
        }
      } else {
        guard other.rows.count == rows.count else {
          throw RequestRefused.because(
            """
            \(first.source) gives \(rows.count) values and \(other.source) \(other.rows.count): they go together one \
            by \
            one; give --cross to combine each with each
            """)
        }
        rows = zip(rows, other.rows).map { a, b in
          (a.name, a.path, a.settings.merging(b.settings) { own, _ in own })
        }
      }
    }
    let identity = (crosses ? all : [first]).compactMap(\.naming)
    let items: [BatchItem] = try named(rows).map { row in
      var settings = row.settings.merging(common) { own, _ in own }
      var urls: [String: String] = [:]
      for (name, value) in settings where RemotePath.isURL(value) || RemotePath.isRemote(value) {
        do { for piece in RemotePath.pieces(value) { _ = try RemotePath.resolve(piece) } } catch {
          throw RequestRefused.because("\(name): \(error)")
        }
        let shown = Planner.shown(value)
        settings[name] = shown
        guard shown != value else { continue }
        if let other = urls.updateValue(value, forKey: shown), other != value {
          throw ambiguous(shown, "inputs of '\(row.name)'")
        }
      }
      return BatchItem(name: row.name, settings: settings, urls: urls, identity: identity)
    }
    try checkAddresses(items)
    return items
  }

  /// Refuses one address with several queries or users: records and processes tell scenes apart by what is shown.
  private static func checkAddresses(_ items: [BatchItem]) throws {
    var known: [String: (url: String, scene: String)] = [:]
    for item in items {
      for (shown, url) in item.urls {
        if let other = known[shown], other.url != url {
          throw ambiguous(shown, "the scenes '\(other.scene)' and '\(item.name)'")
        }
        known[shown] = (url, item.name)
      }
    }
  }

  private static func ambiguous(_ address: String, _ who: String) -> RequestRefused {
    RequestRefused.because(
      """
      \(who) have one address, \(address), with different queries or users, by which a batch cannot tell them apart: \
      fetch the files first, or run each with floe run
      """)
  }

  /// Files that a batch writes beside the scenes' folders.
  static let reserved: Set<String> = [
    BatchFiles.ledger, "summary.csv", "summary.html", "catalog.json", "quicklooks", OutputNames.record,
  ]

  /// Gives every row a folder of its own: files of one name in several folders are told apart by these. Names that
  /// differ by case alone are one name, as on the disks of Windows and macOS.
  private static func named(_ rows: [Row]) throws -> [(name: String, settings: [String: String])] {
    let counts = Dictionary(grouping: rows) { $0.name.lowercased() }.mapValues(\.count)
    var seen: [String: String] = [:]
    return try rows.map { row in
      var name = row.name
      if counts[name.lowercased()] ?? 0 > 1, let path = row.path {
        let parent = (Folder.parent(of: path) as NSString).lastPathComponent
        if !parent.isEmpty { name = "\(parent)-\(name)" }
      }
      name = folderName(name)
      let what = row.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      if reserved.contains(name.lowercased()) {
        throw RequestRefused.because("a scene cannot be called '\(name)', which the batch itself writes: \(what)")
      }
      if let other = seen.updateValue(what, forKey: name.lowercased()) {
        throw RequestRefused.because(
          """
          two scenes would go into the folder '\(name)', in upper or lower case: \(other) and \(what); give a CSV \
          file with a column 'name' to --over
          """)
      }
      return (name, row.settings)
    }
  }

  /// A name that is one folder: no separators, no control codes, no dot at its beginning.
  private static func folderName(_ text: String) -> String {
    let plain = String(text.unicodeScalars.map { $0 == "/" || $0.value < 32 || $0.value == 127 ? "_" : Character($0) })
    return plain.isEmpty || plain.hasPrefix(".") ? "_" + plain : plain
  }

  private func rows(_ over: String, _ note: (String) -> Void) throws -> Rows {
    guard let cut = over.firstIndex(of: "="), cut != over.startIndex,
      !over[..<cut].contains("/")
    else {
      guard over.lowercased().hasSuffix(".csv") else {
        throw RequestRefused.because(
          "--over must be name=PATTERN or a .csv file with a column for each input, not '\(over)'")
      }
      return try table(over)
    }
    let input = String(over[..<cut])
    let pattern = String(over[over.index(after: cut)...])
    if let refusal = AddressScheme.refusal(pattern) { throw RequestRefused.because("--over \(input): \(refusal)") }
    let stac: StacDocument?
    let entries: [StacDocument.Entry]
    do {
      stac = try StacDocument(pattern)
      entries = try stac?.entries() ?? []
    } catch {
      throw RequestRefused.because("--over \(input): \(error)")
    }
    if stac != nil {
      let shown = RemotePath.shown(pattern)
      guard !entries.isEmpty else { throw RequestRefused.because("--over \(input): \(shown) lists no item") }
      if let lack = stac?.lack {
        throw RequestRefused.because(
          """
          --over \(input): \(shown) is one page of a catalogue's answer and \(lack): give items.json of `floe find`, \
          which has all pages
          """)
      }
      let fitting = CatalogueChoice(pipeline: pipeline, library: library).fitting(entries, for: input)
      let others = entries.count - fitting.count
      if others > 0, let kind = fitting.first?.kind {
        note(
          """
          --over \(input): of the \(entries.count) items of \(shown) the \(fitting.count) of kind \(kind.rawValue) are \
          taken, \(others) other\(others == 1 ? " is" : "s are") left out
          """)
      }
      try CatalogueChoice.check(fitting, of: shown, note)
      return Rows(
        source: "--over \(input)", naming: input,
        rows: fitting.map { ($0.id, $0.path, [input: RemotePath.whole($0.path)]) })
    }
    if RemotePath.isURL(pattern) || RemotePath.isRemote(pattern) {
      let name = (RemotePath.shown(pattern) as NSString).lastPathComponent
      return Rows(
        source: "--over \(input)", naming: input,
        rows: [((name as NSString).deletingPathExtension, nil, [input: pattern])])
    }
    // A name with the signs of a pattern is the file of that name where there is one, as in `floe step`.
    let isName = FilePattern.isPattern(pattern) && FileState(of: pattern) != nil
    let found = isName ? [pattern] : FilePattern.matches(pattern)
    guard !found.isEmpty else { throw RequestRefused.because("--over \(input): \(nothing(matches: pattern, input))") }
    return Rows(
      source: "--over \(input)", naming: input,
      rows: found.map { (Self.name(of: $0), $0, [input: $0]) })
  }

  /// The sentence about a pattern that no file matches.
  private func nothing(matches pattern: String, _ input: String) -> String {
    if let declared = pipeline.inputs[input], ["number", "integer", "boolean"].contains(declared.type) {
      return """
        '\(input)' is no file but of type \(declared.type): give its values in a .csv file with a column for each \
        input, --over list.csv
        """
    }
    let folder = Folder.parent(of: pattern)
    let lack =
      folder.isEmpty || FilePattern.isPattern(folder) || Folder.isFolder(folder) ? "" : ": there is no folder \(folder)"
    let hint =
      FilePattern.isPattern(pattern) ? "; put the pattern in quotes, so that floe and not the shell reads it" : ""
    return "nothing matches '\(pattern)'\(lack)\(hint)"
  }

  /// What a scene is called after its file: that without its ending, or the item of a folder that a platform staged in.
  private static func name(of path: String) -> String {
    // Safe because a catalogue that cannot be followed is reported when the scene is planned.
    if !RemotePath.isURL(path), !RemotePath.isRemote(path), let item = try? StacDocument.staged(path) { return item.id }
    return ((path as NSString).lastPathComponent as NSString).deletingPathExtension
  }

  /// The rows of a CSV file: a column for each input, and one called `name` for the folders.
  private func table(_ path: String) throws -> Rows {
    let text: String
    do { text = try VirtualFile.readText(path) } catch { throw RequestRefused.because("--over \(path): \(error)") }
    let lines = try CommaText.rows(text, name: path)
    guard let header = lines.first?.cells, lines.count > 1 else {
      throw RequestRefused.because("--over \(path): it needs a line with the names of inputs and a line for each scene")
    }
    if header.count == 1, pipeline.inputs[header[0]] == nil, let mark = header[0].first(where: { ";\t".contains($0) }) {
      throw RequestRefused.because(
        "--over \(path): its cells are separated by \(mark == ";" ? "';'" : "tabs"), those of a CSV file by commas")
    }
    if let twice = Dictionary(grouping: header, by: { $0 }).first(where: { $0.value.count > 1 })?.key {
      throw RequestRefused.because("--over \(path): the column '\(twice)' is there twice")
    }
    let folder = Folder.parent(of: URL(fileURLWithPath: path).standardizedFileURL.path)
    let naming =
      header.first { pipeline.inputs[$0]?.isFile == true } ?? header.first { pipeline.inputs[$0]?.type == "list" }
    let files = Set(header.filter(CatalogueChoice(pipeline: pipeline, library: library).isListOfFiles))
    let rows: [Row] = try lines.dropFirst().enumerated().map { i, row in
      let (line, cells) = row
      guard cells.count == header.count else {
        throw RequestRefused.because(
          "--over \(path): line \(line) has \(cells.count) cells, the header \(header.count)")
      }
      var settings: [String: String] = [:]
      var name: String?
      var first: String?
      for (column, cell) in zip(header, cells) {
        if column == "name", pipeline.inputs["name"] == nil {
          // An empty name is none: the scene is called after its file.
          name = cell.isEmpty ? nil : cell
        } else if !cell.isEmpty {
          // An empty cell leaves the input unset.
          let isPath = pipeline.inputs[column]?.isFile == true
          if isPath, let refusal = AddressScheme.refusal(cell) {
            throw RequestRefused.because("--over \(path): line \(line), \(column): \(refusal)")
          }
          var value = isPath ? Self.place(cell, from: folder) : cell
          if files.contains(column), let input = pipeline.inputs[column] {
            value = Self.places(cell, of: input, from: folder)
          }
          settings[column] = value
          if isPath, first == nil { first = value }
        }
      }
      // The name of a folder is no place for what a URL hides.
      let shown = first.map { RemotePath.redacted($0) }
      let stem = shown.map(Self.name(of:))
      // A name that is given is not made another by its folder.
      return (name ?? stem ?? "row-\(i + 1)", name == nil ? shown : nil, settings)
    }
    return Rows(source: "--over \(path)", naming: naming, rows: rows)
  }

  /// A path as it counts from a folder.
  private static func place(_ path: String, from folder: String) -> String {
    if path.hasPrefix("/") || RemotePath.isURL(path) { return path }
    if let name = DatasetName(path) { return name.moved(to: place(name.file, from: folder)) }
    return "\(folder)/\(path)"
  }

  /// A list of paths, as `--set` has it, that count from a folder.
  private static func places(_ list: String, of input: PipelineInput, from folder: String) -> String {
    let items = input.values(in: list).map { place($0, from: folder) }
    // A comma inside of a path needs the form that a list has in a pipeline.
    guard items.contains(where: { $0.contains(",") }) else { return items.joined(separator: ",") }
    return "[\(items.map(YamlText.quoted).joined(separator: ", "))]"
  }
}

/// Comma-separated text (RFC 4180) as rows of cells.
enum CommaText {
  /// The rows, each with the line that it begins on, from 1; empty lines are left out.
  ///
  /// - Throws: `RequestRefused` for a quote that is not closed.
  static func rows(_ text: String, name: String) throws -> [(line: Int, cells: [String])] {
    var rows: [(line: Int, cells: [String])] = []
    var line = 1
    var start = 1
    var row: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var bytes = Array(text.utf8)[...]
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
    func finish() {
      row.append(String(decoding: cell, as: UTF8.self))
      cell = []
    }
    var i = bytes.startIndex
    while i < bytes.endIndex {
      let byte = bytes[i]
      i += 1
      if byte == 10 { line += 1 }
      if isQuoted {
        if byte != UInt8(ascii: "\"") {
          cell.append(byte)
        } else if i < bytes.endIndex, bytes[i] == UInt8(ascii: "\"") {
          cell.append(byte)
          i += 1
        } else {
          isQuoted = false
        }
      } else if byte == UInt8(ascii: "\""), cell.isEmpty {
        isQuoted = true
      } else if byte == UInt8(ascii: ",") {
        finish()
      } else if byte == 10 {
        if cell.last == 13 { cell.removeLast() }
        finish()
        if row != [""] { rows.append((start, row)) }
        row = []
        start = line
      } else {
        cell.append(byte)
      }
    }
    if isQuoted {
      throw RequestRefused.because("--over \(name): a quote in the row that begins on line \(start) is not closed")
    }
    if cell.last == 13 { cell.removeLast() }
    if !cell.isEmpty || !row.isEmpty {
      finish()
      rows.append((start, row))
    }
    return rows
  }
}
