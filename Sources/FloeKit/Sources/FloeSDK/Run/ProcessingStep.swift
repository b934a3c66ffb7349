/// A processing step: a value that declares its ports and parameters once, plans without reading pixels, and runs.
///
/// ```swift
/// struct Threshold: ProcessingStep {
///   static let name = "example.threshold"
///   static let summary = "Marks the pixels of one band that lie below a value."
///   @Input("Bands to look at") var image: Raster
///   @Param("Band") var band: String
///   @Param("Upper limit of the marked values") var below = 0.2
///   @Output("1 where the band is below the limit; 255 is no data") var mask: Raster?
///   mutating func plan(in context: PlanContext) throws { mask = Raster(planned: try maskSpec()) }
///   mutating func run(in context: RunContext) async throws { mask = Raster(try maskSpec(), source: ...) }
/// }
/// ```
///
/// Contract, checked by `checkStep` of FloeTestSupport: the same inputs, parameters and seed give the same bytes for
/// any number of workers, memory cap and tile size; `plan` reads no pixel and no record; `run` honours cancellation and
/// assigns what `plan` announced; rows of tables are marked, never removed; whatever is left out is counted with its
/// reason.
public protocol ProcessingStep: Sendable, Decodable {
  /// `family.step`.
  static var name: String { get }
  /// Names that older pipelines use for the step; they go on working.
  static var aliases: [String] { get }
  /// One sentence of at most 150 characters.
  static var summary: String { get }
  /// Output type, no data, edge behaviour, units, sources, in Markdown.
  static var discussion: String { get }
  /// A fragment of a pipeline that shows the step in use.
  static var example: String { get }
  /// Named alternative defaults.
  static var presets: [Preset] { get }
  /// Programs outside of floe that the step runs; `floe doctor` looks for them.
  static var programs: [ProgramInfo] { get }
  /// A step with its defaults.
  init()
  /// Checks what single ranges cannot: how parameters fit together. Throws `ParameterError`.
  func validate() throws
  /// Assigns the outputs as they will be, without pixels or records; checks what metadata can show.
  mutating func plan(in context: PlanContext) throws
  /// Does the work and assigns the outputs.
  mutating func run(in context: RunContext) async throws
}

extension ProcessingStep {
  /// None, for most steps.
  public static var aliases: [String] { [] }
  public static var discussion: String { "" }
  public static var example: String { "" }
  public static var presets: [Preset] { [] }
  /// None, for most steps.
  public static var programs: [ProgramInfo] { [] }
  public func validate() throws {}
}
