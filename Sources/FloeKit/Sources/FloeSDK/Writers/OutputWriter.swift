/// An output format that a plugin brings: what it can hold, what it leaves beside the file, and how it is written.
///
/// ```swift
/// struct PointList: OutputWriter {
///   static let name = "xyz"
///   static let summary = "Columns x, y and z of a table as plain text."
///   static let suffixes = ["xyz"]
///   static let kinds: [PortKind] = [.table]
///   @Param("Digits after the point", in: 0...15) var digits = 3
///   func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws { ... }
/// }
/// ```
///
/// A pipeline picks the writer by the end of the output's name and may set its parameters:
/// `points.xyz: { from: track.points, with: { digits: 1 } }`. A plugin registers it with
/// `plugin.add(writer: PointList.self)`.
///
/// Contract: the same values and parameters give the same bytes, with no clock, host or path in them, whatever the
/// number of workers; nothing is written but `path` and the files that `sidecars` announces; what a file cannot hold
/// is refused by `refusal(of:)` while planning, never left out in silence.
public protocol OutputWriter: BoundWriter, Decodable {
  /// A word for lists and messages, for example `geopackage`.
  static var name: String { get }
  /// One sentence of at most 150 characters.
  static var summary: String { get }
  /// Ends of file names without the point, in lower case, for example `["tif", "tiff"]`.
  static var suffixes: [String] { get }
  /// What a file can hold.
  static var kinds: [PortKind] { get }
  /// Whether a file may hold several named layers.
  static var hasLayers: Bool { get }
  /// Whether the result is a folder, which is put in place whole.
  static var isFolder: Bool { get }
  /// Whether columns of arrays, such as echoes, are kept.
  static var holdsArrays: Bool { get }
  /// A writer with its defaults.
  init()
  /// Checks how parameters fit together. Throws `ParameterError`.
  func validate() throws
}

extension OutputWriter {
  /// One value a file.
  public static var hasLayers: Bool { false }
  /// A file.
  public static var isFolder: Bool { false }
  /// Columns of arrays are not kept.
  public static var holdsArrays: Bool { false }
  /// Any parameters go together.
  public func validate() throws {}
}

/// A writer with its parameters: a Swift type of a plugin, or a program described by a manifest.
public protocol BoundWriter: Sendable {
  /// Files that are written beside an output, where the output gives cause; `file` is its name or path.
  func sidecars(of file: String) -> [String]
  /// Files beside an output that describe what lay there before, once the output is a new one. The sidecars count
  /// among them without being named.
  func leftovers(of file: String) -> [String]
  /// Why a file cannot hold a planned value, as the second half of a sentence; nil when it can.
  func refusal(of data: PortData) -> String?
  /// Why what is there must not be replaced, as a sentence; nil when it may. Asked of folders only where `isFolder`.
  func refusal(toReplace path: String) -> String?
  /// Bytes of scratch that writing planned values takes, in memory or in files, beside what steps keep: at most, and
  /// not more than twice too much but for what compression spares.
  func scratchBytes(of values: [PortData]) -> Int
  /// Writes the values, one layer with the empty name for a file without layers.
  ///
  /// - Parameter path: where the file or folder is to be made, in a folder that exists.
  /// - Throws: a sentence that says what is wrong.
  func write(_ layers: [OutputLayer], to path: String, in context: WriteContext) async throws
}

extension BoundWriter {
  /// No file beside the output.
  public func sidecars(of file: String) -> [String] { [] }
  /// No file that described what lay there before.
  public func leftovers(of file: String) -> [String] { [] }
  /// Every value of the declared kinds can be held.
  public func refusal(of data: PortData) -> String? { nil }
  /// Values are written as they come.
  public func scratchBytes(of values: [PortData]) -> Int { 0 }
  /// What is there may be replaced.
  public func refusal(toReplace path: String) -> String? { nil }
}

/// A writer that can be bound to parameters.
public protocol WriterFactory: Sendable {
  /// Everything about the writer that can be known without using it.
  var declaration: WriterDeclaration { get }
  /// Binds parameters.
  ///
  /// - Throws: `BindingErrors` with every mistake.
  func bind(parameters: [String: ParameterLiteral]) throws -> any BoundWriter
}

/// The factory of a writer in Swift.
public struct SwiftWriterFactory<Writer: OutputWriter>: WriterFactory {
  /// Read off the type and its property wrappers, once.
  public let declaration: WriterDeclaration

  /// A factory for a writer type.
  public init(_ type: Writer.Type) {
    declaration = WriterDeclaration(
      name: Writer.name, summary: Writer.summary, suffixes: Writer.suffixes, kinds: Writer.kinds,
      hasLayers: Writer.hasLayers, isFolder: Writer.isFolder, holdsArrays: Writer.holdsArrays,
      parameters: declaredFields(of: Writer()).compactMap { field in
        (field.value as? any DeclaredParameter)?.describe(field.name)
      })
  }

  public func bind(parameters literals: [String: ParameterLiteral]) throws -> any BoundWriter {
    var errors = declaration.strangers(literals.keys)
    var declared: [String: Any] = [:]
    for field in declaredFields(of: Writer()) {
      declared[field.name] = field.value
      guard let parameter = field.value as? any DeclaredParameter else { continue }
      do throws(FloeError) { try parameter.check(literals[field.name]) } catch {
        errors.append(ParameterError(field.name, error.message))
      }
    }
    guard errors.isEmpty else { throw BindingErrors(errors: errors) }
    let writer = try Writer(from: StepDecoder(literals: literals, ports: [:], declared: declared))
    do { try writer.validate() } catch let error as ParameterError { throw BindingErrors(errors: [error]) }
    return writer
  }
}
