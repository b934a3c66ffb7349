import FloeIO
import FloeSDK
import FloeTestSupport
import RasterSteps

/// Runs a step of the plugin, taken through its entry point, and returns its raster.
func run(_ name: String, with parameters: [String: ParameterLiteral] = [:], in ports: [String: Raster]) async throws
  -> Raster
{
  let registry = PluginRegistry()
  RasterSteps.floePlugin(Unmanaged.passUnretained(registry).toOpaque())
  guard let factory = registry.steps.first(where: { $0.declaration.name == name }) else {
    throw FloeError("no step '\(name)'")
  }
  let outputs = try await StepHarness.outputs(
    of: factory, parameters: parameters, ports: ports.mapValues { [.raster($0)] })
  guard case .raster(let result)? = outputs["result"] else { throw FloeError("no raster") }
  return result
}

/// A grid of 10 m pixels in UTM zone 33 north whose lower left corner is (500000, 8000000), moved by some metres
/// eastward.
func grid(_ width: Int, _ height: Int, east: Double = 0) throws -> Grid {
  guard
    let grid = Grid(
      width: width, height: height, originX: 500_000 + east, originY: 8_000_000 + Double(height) * 10, pixelWidth: 10,
      pixelHeight: 10,
      crs: try CRSFactory.make("EPSG:32633"))
  else { throw FloeError("no grid") }
  return grid
}

func raster(_ width: Int, _ height: Int, _ values: PixelArray, bands: [BandSpec], classes: ClassTable? = nil) throws
  -> Raster
{
  let grid = try grid(width, height)
  return Raster(
    RasterSpec(grid: grid, bands: bands, type: values.type, classes: classes),
    source: MemorySource(PixelBlock(window: grid.fullWindow, bandCount: bands.count, values: values)))
}

/// Stored numbers of all pixels, row by row.
func stored(_ raster: Raster) throws -> [Double] {
  switch try raster.read(raster.spec.grid.fullWindow).values {
  case .uint8(let v): v.map(Double.init)
  case .uint16(let v): v.map(Double.init)
  case .float32(let v): v.map(Double.init)
  default: throw FloeError("a type that these tests do not make")
  }
}
