import FloeCore

/// Looks through a GeoJSON file for what OGR reads as something else without a word, or leaves out: whole numbers
/// beyond 64 bits, which become the largest of 64, whole numbers beyond 2^53 beside decimals, numbers beside texts, and
/// features' numbers.
///
/// Source: RFC 7946, and how OGR's drivers of GDAL 3.6 read GeoJSON, lines of GeoJSON and Esri's JSON.
struct GeoJSONCheck {
  /// What stands in one member of the features' properties.
  private struct Member {
    var numbers = 0, texts = 0, rounded = 0
    /// The first row with a text.
    var textRow = 0
    var firstRounded: (row: Int, text: String)?
    /// The first whole number beyond 64 bits.
    var beyond: (row: Int, text: String)?
  }
  private enum Role { case root, features, feature, properties, value, other }
  private struct Level {
    let role: Role
    let isObject: Bool
    /// The member that is being read, and whether its name is still to come.
    var key = ""
    var isKeyNext = true
  }
  private static let drivers = ["GeoJSON", "GeoJSONSeq", "ESRIJSON"]
  /// Longer names are no columns, and longer numbers are beyond 64 bits by their beginning.
  private static let kept = 4096

  private let path: String
  private var members: [String: Member] = [:]
  private var numberedFeatures = 0, namedFeatures = 0
  private var levels: [Level] = []
  private var isCollection = false
  private var row = 0
  private var token: [UInt8] = []
  private var isInText = false, isEscaped = false, isInNumber = false

  /// Reads a layer's file in pieces; nil for layers of other formats.
  init?(_ layer: OpenLayer) throws {
    guard Self.drivers.contains(layer.dataset.driverName), VirtualFile.exists(layer.path) else { return nil }
    path = layer.path
    try VirtualFile.pieces(of: layer.path) { piece in
      for byte in piece { take(byte) }
    }
    endNumber()
  }

  /// - Throws: a sentence with row and number for a whole number beyond 64 bits.
  func check(_ place: String) throws {
    for (name, member) in members.sorted(by: { $0.key < $1.key }) {
      guard let (row, text) = member.beyond else { continue }
      throw FloeError(
        "row \(row) of \(place) has \(text.prefix(40)) in the column '\(name)', a whole number beyond 64 bits, which "
          + "would be read as another one; a text (\"\(text.prefix(40))\") keeps its digits, a decimal (1.5e19) is "
          + "read as the nearest double")
    }
  }

  /// Says which numbers lose digits or are read as texts, and which numbers of features are no column.
  func tell(_ fields: [FieldReader], _ place: String) {
    for field in fields {
      guard let member = members[field.original] else { continue }
      switch field.values {
      case .number where !field.isTime:
        guard let (row, text) = member.firstRounded, let read = Double(text) else { break }
        FieldReader.tellRounded(member.rounded, text: text, row: row, read: read, field.name, place)
      case .text where member.numbers > 0 && member.texts > 0:
        LibraryNotices.add(
          "\(place) has numbers (\(member.numbers)) and texts (\(member.texts), the first in row \(member.textRow)) in "
            + "the column '\(field.name)'; all of them are read as texts")
      default: break
      }
    }
    let hasOwn = members["id"] != nil
    let isRead = !hasOwn && fields.contains { $0.original == "id" }
    guard !isRead, numberedFeatures + namedFeatures > 0 else { return }
    let count = numberedFeatures + namedFeatures
    let what = "\(place) gives \(count) \(count == 1 ? "feature" : "features") an 'id'"
    LibraryNotices.add(
      hasOwn
        ? "\(what) beside the column 'id' of the properties, which alone is read; under another name in the properties "
          + "both are"
        : "\(what), a whole number, which OGR reads as the number of the row and not as a column; it is left out. A "
          + "copy of it is read, for example by 'ogr2ogr -sql \"SELECT *, FID AS number FROM ...\"'")
  }

  // MARK: Bytes

  private mutating func take(_ byte: UInt8) {
    if isInText { return takeText(byte) }
    if isInNumber {
      if (48...57).contains(byte) || "+-.eE".utf8.contains(byte) { return keep(byte) }
      endNumber()
    }
    switch byte {
    case UInt8(ascii: "\""):
      isInText = true
      token.removeAll(keepingCapacity: true)
    case UInt8(ascii: "{"): open(isObject: true)
    case UInt8(ascii: "["): open(isObject: false)
    case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
    case UInt8(ascii: ","): if let last = levels.indices.last { levels[last].isKeyNext = true }
    case UInt8(ascii: ":"): if let last = levels.indices.last { levels[last].isKeyNext = false }
    case 48...57, UInt8(ascii: "-"):
      isInNumber = true
      token.removeAll(keepingCapacity: true)
      keep(byte)
    default: break
    }
  }

  private mutating func keep(_ byte: UInt8) { if token.count < Self.kept { token.append(byte) } }

  private mutating func takeText(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") {
      isInText = false
      return endText()
    }
    keep(byte)
  }

  private mutating func open(isObject: Bool) {
    let above = levels.last
    let key = above?.isObject == true ? above?.key ?? "" : ""
    var role = Role.other
    switch above?.role {
    case nil:
      role = .root
      isCollection = false
      row += 1
    case .root where key == "features" && !isObject:
      role = .features
      // What came before belongs to the collection and is no row.
      if !isCollection { row -= 1 }
      isCollection = true
      if row == 0 { (members, numberedFeatures, namedFeatures) = ([:], 0, 0) }
    case .root where !isCollection && isObject && Self.isTable(key): role = .properties
    case .features where isObject:
      role = .feature
      row += 1
    case .feature where isObject && Self.isTable(key): role = .properties
    case .properties, .value: role = .value
    default: break
    }
    levels.append(Level(role: role, isObject: isObject))
  }

  private static func isTable(_ key: String) -> Bool { key == "properties" || key == "attributes" }

  /// The column that a value belongs to; nil outside of properties.
  private var column: String? { levels.last { $0.role == .properties }?.key }

  private mutating func endText() {
    guard let last = levels.indices.last else { return }
    let level = levels[last]
    if level.isObject, level.isKeyNext {
      levels[last].key = Self.text(token)
    } else if level.role == .properties {
      members[level.key, default: Member()].texts += 1
      if members[level.key]?.texts == 1 { members[level.key]?.textRow = row }
    } else if isFeature(level), level.key == "id" {
      namedFeatures += 1
    }
  }

  private func isFeature(_ level: Level) -> Bool {
    level.isObject && (level.role == .feature || level.role == .root && !isCollection)
  }

  private mutating func endNumber() {
    guard isInNumber else { return }
    isInNumber = false
    guard let level = levels.last else { return }
    if isFeature(level), level.key == "id" { numberedFeatures += 1 }
    guard let column else { return }
    var member = members[column, default: Member()]
    if level.role == .properties { member.numbers += 1 }
    // Shorter ones are below 2^53.
    if token.count > 15, !token.contains(where: { ".eE".utf8.contains($0) }) {
      let text = String(decoding: token, as: UTF8.self)
      if Int(text) == nil {
        if member.beyond == nil { member.beyond = (row, text) }
      } else if NumberText.isRounded(text[...]), level.role == .properties {
        member.rounded += 1
        if member.firstRounded == nil { member.firstRounded = (row, text) }
      }
    }
    members[column] = member
  }

  /// A member's name without its escapes.
  private static func text(_ bytes: [UInt8]) -> String {
    let plain = String(decoding: bytes, as: UTF8.self)
    guard bytes.contains(UInt8(ascii: "\\")) else { return plain }
    // A name that is no JSON is told by OGR, which opens no such file.
    let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
    return (try? JSONText.decode(bytes: quoted, name: plain))?.stringValue ?? plain
  }
}
