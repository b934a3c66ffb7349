/// A colour with eight bits a channel.
public struct RGB: Sendable, Hashable, Codable {
  /// Shares of the three colours, 0 to 255.
  public let red, green, blue: UInt8
  /// A colour from its channels.
  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }
  /// Six hexadecimal digits, without `#`.
  public var hex: String {
    [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// One code of a class band.
public struct ClassEntry: Sendable, Hashable, Codable {
  /// The number that stands in pixels and columns.
  public let code: Int
  /// The name for programs: letters, digits, `_` and `-`.
  public let name: String
  /// The name for people.
  public let label: String
  /// The colour on maps.
  public let color: RGB
  /// A class.
  public init(code: Int, name: String, label: String, color: RGB) {
    self.code = code
    self.name = name
    self.label = label
    self.color = color
  }
}

/// The codes of a class band with their names and colours, in rising order of code, and the code of no data.
public struct ClassTable: Sendable, Hashable, Codable {
  /// The classes in the order of legends.
  public let entries: [ClassEntry]
  /// The code of what has no class.
  public let noData: Int
  /// A table; entries are put in rising order of code.
  public init(_ entries: [ClassEntry], noData: Int = 255) {
    self.entries = entries.sorted { $0.code < $1.code }
    self.noData = noData
  }
  /// The class of a code.
  public subscript(code: Int) -> ClassEntry? { entries.first { $0.code == code } }
  /// The class of a name.
  public func named(_ name: String) -> ClassEntry? { entries.first { $0.name == name } }

  /// Surface classes with the codes of `surf_type_class_20_ku` of Sentinel-3's sea-ice product; 255 is no data.
  ///
  /// The colours differ in lightness as well as hue, so that they hold for colour-blind readers and in grey.
  public static let seaIce = ClassTable([
    ClassEntry(code: 0, name: "open_ocean", label: "Open ocean", color: RGB(0, 68, 136)),
    ClassEntry(code: 1, name: "sea_ice", label: "Sea ice", color: RGB(214, 234, 244)),
    ClassEntry(code: 2, name: "lead", label: "Lead", color: RGB(230, 97, 1)),
    ClassEntry(code: 3, name: "unclassified", label: "Unclassified", color: RGB(150, 150, 150)),
  ])

  /// Cluster numbers 0 ..< count in neutral, well separated colours; 255 is no data.
  public static func clusters(_ count: Int) -> ClassTable {
    ClassTable(
      (0..<count).map { i in
        let c = neutralPalette[i % neutralPalette.count]
        return ClassEntry(code: i, name: "cluster_\(i)", label: "Cluster \(i)", color: c)
      })
  }

  /// Paul Tol's "muted" set (SRON/EPS/TN/09-002), which stays apart under colour blindness.
  private static let neutralPalette = [
    RGB(51, 34, 136), RGB(136, 204, 238), RGB(68, 170, 153), RGB(17, 119, 51), RGB(153, 153, 51),
    RGB(221, 204, 119), RGB(204, 102, 119), RGB(136, 34, 85), RGB(170, 68, 153), RGB(187, 187, 187),
  ]
}
