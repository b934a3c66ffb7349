import FloeHost
import FloeIO
import FloeSDK
import Formats

/// A raster whose pixel (c, r) is r * width + c, as far as a byte goes.
struct RampStep: ProcessingStep {
  static let name = "test.ramp"
  static let summary = "Makes a ramp."
  @Param("Side in pixels", in: 1...4096) var size = 8
  @Param("A file that must be there") var file: InputPath?
  @Param("Files that must be there") var files: [InputPath]?
  @Output("The ramp") var image: Raster?

  mutating func plan(in context: PlanContext) throws { image = Raster(planned: try spec()) }
  mutating func run(in context: RunContext) async throws {
    let size = size
    image = Raster(
      try spec(),
      source: ComputedSource { window, _, block in
        block.reshape(window: window, bandCount: 1, type: .uint8)
        var values = [UInt8](repeating: 0, count: window.pixelCount)
        for r in 0..<window.height {
          for c in 0..<window.width {
            values[r * window.width + c] = UInt8(truncatingIfNeeded: (window.row + r) * size + window.column + c)
          }
        }
        block = PixelBlock(window: window, bandCount: 1, values: .uint8(values))
      })
  }
  private func spec() throws -> RasterSpec {
    guard
      let grid = Grid(
        width: size, height: size, originX: 500_000, originY: 7_000_000, pixelWidth: 10, pixelHeight: 10,
        crs: try CRSFactory.make("EPSG:32633"))
    else { throw FloeError("no grid") }
    return RasterSpec(grid: grid, bands: [BandSpec(name: "ramp")], type: .uint8, tile: TileSize(width: 4, height: 4))
  }
}

/// Fails in the middle of its work.
struct FailStep: ProcessingStep {
  static let name = "test.fail"
  static let summary = "Fails."
  @Input("Anything") var image: Raster
  @Output("Never made") var out: Raster?
  mutating func plan(in context: PlanContext) throws { out = Raster(planned: image.spec) }
  mutating func run(in context: RunContext) async throws { throw FloeError("the 3rd tile is spoilt") }
}

/// Counts the pixels below a limit.
struct CountStep: ProcessingStep {
  static let name = "test.count"
  static let summary = "Counts."
  static let presets = [Preset("low", "A low limit", values: ["limit": .text("3")])]
  @Input("Image") var image: Raster
  @Param("Limit", unit: "1", in: 0...255) var limit = 10.0
  @Param("Way") var way = Way.below
  @Output("The count") var result: Document?
  @Output("Only for ways above", when: "way is above") var extra: Document?
  enum Way: String, ChoiceParameter { case below, above }
  mutating func plan(in context: PlanContext) throws {
    result = Document(title: "count", body: .null)
    if way == .above { extra = result }
  }
  mutating func run(in context: RunContext) async throws {
    let limit = limit
    let image = image
    let tiles = image.spec.grid.rowBlocks(of: 2)
    let counts = try await context.map(tiles.count) { i in
      let block = try image.read(tiles[i])
      return (0..<block.window.height).reduce(0) { sum, r in
        sum + (0..<block.window.width).count { block.raw(band: 0, row: r, column: $0) < limit }
      }
    }
    result = Document(title: "count", body: ["count": .integer(counts.reduce(0, +))])
  }
}

/// A library of the steps above, an observer that keeps what it hears, and a share folder with minimal styles.
enum Fixture {
  static func library() -> StepLibrary {
    let registry = PluginRegistry()
    registry.add(RampStep.self)
    registry.add(FailStep.self)
    registry.add(CountStep.self)
    Formats.floePlugin(Unmanaged.passUnretained(registry).toOpaque())
    return StepLibrary(linked: registry)
  }
  static func plan(_ yaml: String, settings: [String: String] = [:], output: String = "/tmp") throws -> Plan {
    try Planner.plan(
      try PipelineReader.parse(yaml, file: "p.yaml", folder: "/tmp"), settings: settings, outputFolder: output,
      library: library())
  }
  static func problems(_ yaml: String, settings: [String: String] = [:]) -> [String] {
    do {
      _ = try plan(yaml, settings: settings)
      return []
    } catch let refused as RequestRefused {
      return refused.problems.map(\.description)
    } catch {
      return ["\(error)"]
    }
  }
}

struct SilentObserver: RunObserver {
  func note(_ level: LogLevel, step: String, _ message: String) {}
  func progress(step: String, done: Int, total: Int, unit: String) {}
  func began(step: String, what: String) {}
  func ended(step: String, seconds: Double) {}
}
