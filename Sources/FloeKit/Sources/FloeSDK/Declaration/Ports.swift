/// The kinds of values that travel between steps.
public enum PortKind: String, Sendable, Hashable, Codable, CaseIterable {
  case raster, table, model, document
}

/// A value on its way from one step to another.
public enum PortData: Sendable {
  case raster(Raster)
  case table(Table)
  case model(Model)
  case document(Document)

  /// The kind of the value.
  public var kind: PortKind {
    switch self {
    case .raster: .raster
    case .table: .table
    case .model: .model
    case .document: .document
    }
  }
}

/// A type that an input or output of a step may have.
public protocol PortValue: Sendable {
  /// What it accepts.
  static var kinds: [PortKind] { get }
  /// Whether nothing may be connected.
  static var isOptional: Bool { get }
  /// Whether several values may be connected.
  static var acceptsMany: Bool { get }
  /// Takes the connected values; nil when their kinds or their number do not fit.
  init?(ports: [PortData])
  /// The value as one that travels; nil for an empty one.
  var port: PortData? { get }
}

extension PortValue {
  public static var isOptional: Bool { false }
  public static var acceptsMany: Bool { false }
}

extension Raster: PortValue {
  public static var kinds: [PortKind] { [.raster] }
  public init?(ports: [PortData]) {
    guard ports.count == 1, case .raster(let r) = ports[0] else { return nil }
    self = r
  }
  public var port: PortData? { .raster(self) }
}

extension Table: PortValue {
  public static var kinds: [PortKind] { [.table] }
  public init?(ports: [PortData]) {
    guard ports.count == 1, case .table(let t) = ports[0] else { return nil }
    self = t
  }
  public var port: PortData? { .table(self) }
}

extension Model: PortValue {
  public static var kinds: [PortKind] { [.model] }
  public init?(ports: [PortData]) {
    guard ports.count == 1, case .model(let m) = ports[0] else { return nil }
    self = m
  }
  public var port: PortData? { .model(self) }
}

extension Document: PortValue {
  public static var kinds: [PortKind] { [.document] }
  public init?(ports: [PortData]) {
    guard ports.count == 1, case .document(let d) = ports[0] else { return nil }
    self = d
  }
  public var port: PortData? { .document(self) }
}

/// Pixels or records: what clustering and scores take.
public enum Samples: PortValue {
  case raster(Raster)
  case table(Table)
  public static var kinds: [PortKind] { [.raster, .table] }
  public init?(ports: [PortData]) {
    guard ports.count == 1 else { return nil }
    switch ports[0] {
    case .raster(let r): self = .raster(r)
    case .table(let t): self = .table(t)
    case .model, .document: return nil
    }
  }
  public var port: PortData? {
    switch self {
    case .raster(let r): .raster(r)
    case .table(let t): .table(t)
    }
  }
}

extension PortData: PortValue {
  public static var kinds: [PortKind] { PortKind.allCases }
  public init?(ports: [PortData]) {
    guard ports.count == 1 else { return nil }
    self = ports[0]
  }
  public var port: PortData? { self }
}

extension Optional: PortValue where Wrapped: PortValue {
  public static var kinds: [PortKind] { Wrapped.kinds }
  public static var isOptional: Bool { true }
  public static var acceptsMany: Bool { Wrapped.acceptsMany }
  public init?(ports: [PortData]) {
    if ports.isEmpty {
      self = Optional<Wrapped>.none
    } else {
      guard let value = Wrapped(ports: ports) else { return nil }
      self = Optional<Wrapped>.some(value)
    }
  }
  public var port: PortData? { self?.port }
}

extension Array: PortValue where Element: PortValue {
  public static var kinds: [PortKind] { Element.kinds }
  public static var acceptsMany: Bool { true }
  /// An empty list is refused; an optional list is what may stay unconnected.
  public init?(ports: [PortData]) {
    guard !ports.isEmpty else { return nil }
    self = []
    for p in ports {
      guard let value = Element(ports: [p]) else { return nil }
      append(value)
    }
  }
  public var port: PortData? { nil }
}
