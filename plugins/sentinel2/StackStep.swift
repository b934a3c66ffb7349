import FloeIO
import FloeSDK

/// Reads the bands of a Sentinel-2 product as one raster on one grid.
public struct StackStep: ProcessingStep {
  public static let name = "sentinel2.stack"
  public static let summary =
    "Reads bands of a Sentinel-2 product (L1C or L2A; .SAFE or EOPF .zarr, folder or zip) as one raster on one grid."
  public static let discussion = """
    **Output.** `image` holds the chosen bands in their order as unsigned 16-bit DN. In units of reflectance each band
    carries `scale` = 1 / quantification value and `offset` = additive offset / quantification value, both from the
    product's metadata, so that reflectance = DN * scale + offset (dimensionless; never clipped: snow exceeds 1, dark
    water may fall below 0). In units of dn scale is 1 and offset 0. `mask` holds one code a pixel: 0 valid, 1 no data,
    2 opaque cloud, 3 cirrus, 4 defective, 5 saturated, 6 land, 7 cloud shadow; where several apply the lowest.

    **No data** is DN 0, and in L1C also 1 in the bands up to 1000 nm: that is darker than air, and stands at the edge
    of the swath. A pixel without data in any chosen band, or masked, is 0 in all bands of `image`.

    **Grid.** The UTM grid of the tile at `resolution`, or the part of it under `window` or `box`; the last column and
    row may reach beyond the tile where the resolution does not divide it. At 10, 20 and 60 m bands of another
    resolution are resampled: `upsampling` of coarser ones, `downsampling` of finer ones (a mean leaves no-data pixels
    out). At 40, 80, 120, 160 m and so on, for quick looks, each image is decoded at the reduced resolution that the
    JPEG 2000 file holds (its wavelet low pass, which is close to a mean). The low pass mixes DN 0 into its neighbours,
    which would look like dark water: pixels up to two columns and rows of the reduced image away from pixels without
    data are no data too, and counted as such. The tag `resampling` says what was done to each band.

    **Masks** are the product's own: `MSK_CLASSI` and `MSK_QUALIT` images from baseline 04.00 on, GML polygons before,
    in L2A the scene classification (8 and 9 opaque cloud, 10 cirrus, 1 saturated or defective, 3 shadow; never 2, dark,
    or 6, water, where leads fall). Cloud masks misfire on ice: none is used unless asked for. On a coarser grid a pixel
    is masked when any part of it is.

    **Land** is any polygon layer; `land_layer` names one of several in a file. Without it land takes part like sea, and
    its rock and shadows are as dark as water. Good coasts: the land polygons of OpenStreetMap
    (osmdata.openstreetmap.de, 10 to 50 m) and GSHHG (hundreds of metres off in the Arctic). Debian's `gmt-gshhg-full`
    holds the latter in GMT's own netCDF format, which GDAL does not read.

    **EOPF Zarr** of version 2, as ESA's EOPF converts .SAFE products, gives the same pixels as the .SAFE folder: bands
    from `measurements/reflectance`, scale and offset from `scale_factor` and `add_offset`, places from `x` and `y`,
    time and sun from the attributes of the root. It has no reduced resolutions (10, 20 and 60 m alone) and no
    checksums. A chunk that is not in the store stands for no data where no band of its resolution has it, with a
    warning; where another band has it, or in a mask, it is missing, and the product is refused. So is an `add_offset`
    in a product from before baseline 04.00, whose DN have none.

    **Source.** Sentinel-2 Products Specification Document, S2-PDGS-TAS-DI-PSD; for EOPF the mappings
    S02MSIL1C_PSD15.json and S02MSIL2A_PSD15.json of ESA's Python package eopf 2.8.1.
    """
  public static let example = """
    stack: { use: sentinel2.stack, with: { product: $scene, bands: [B02, B03, B04, B08], resolution: 10 } }
    """

  @Param(
    "Sentinel-2 product: a .SAFE folder, the MTD_MSIL1C.xml or MTD_MSIL2A.xml inside, an EOPF .zarr folder, or a .zip")
  var product: InputPath
  @Param("Bands in the order of the output, B01 to B12 and B8A") var bands = ["B02", "B03", "B04", "B08"]
  @Param(
    "Size of a pixel: 10, 20, 60, or a reduced resolution of the images (40, 80, 120 ...)", unit: .metre, in: 10...20000
  )
  var resolution = 10
  @Param("How a coarser band comes to a finer grid") var upsampling = Upsampling.nearest
  @Param("How a finer band comes to a coarser grid") var downsampling = Downsampling.average
  @Param("What the numbers mean: reflectance with the offset of the metadata, or raw digital numbers") var units =
    StackUnits.reflectance
  @Param("Part of the scene in pixels of the target: column, row, width, height") var window: [Int]?
  @Param(
    "Part of the scene: west, south, east, north; west may exceed east, across 180°", unit: .degree, in: -360...360)
  var box: [Double]?
  @Param("What of the product's own masks to leave out") var masks: [MaskChoice] = []
  @Param("Polygons of land to leave out: any layer that GDAL reads, also one of the whole world") var land: InputPath?
  @Param("Layer of the land polygons; the first by default") var landLayer: String?
  @Planned var planned: StackPlan?
  @Output("The bands as 16-bit numbers; 0 is no data") var image: Raster?
  @Output("Why a pixel takes no part: codes with names, 0 is valid") var mask: Raster?

  public init() {}

  public func validate() throws {
    do throws(FloeError) { _ = try SpectralBand.list(bands) } catch { throw ParameterError("bands", error.message) }
    if window != nil, box != nil { throw ParameterError("box", "stands beside 'window'; give one of the two") }
    if let window {
      guard window.count == 4, window[0] >= 0, window[1] >= 0, window[2] > 0, window[3] > 0,
        window.allSatisfy({ $0 < 1 << 30 })
      else {
        throw ParameterError(
          "window",
          """
          must be column, row, width, height with a positive size, not '\
          \(window.map(String.init).joined(separator: ","))'
          """
        )
      }
    }
    if let box {
      guard box.count == 4, box[1] < box[3], box[0] != box[2], box[1] >= -90, box[3] <= 90 else {
        throw ParameterError(
          "box",
          """
          must be west, south, east, north in degrees with south below north and west beside east, not '\
          \(box.map(\.literal.description).joined(separator: ","))'
          """
        )
      }
    }
  }

  private var options: StackOptions {
    StackOptions(
      product: product.path, bands: bands, resolution: resolution, upsampling: upsampling, downsampling: downsampling,
      units: units, window: window, box: box, masks: masks)
  }

  public mutating func plan(in context: PlanContext) throws {
    let plan = try StackPlan(options)
    if let land, !VirtualFile.exists(land.path) {
      throw ParameterError("land", "names '\(land.path)', which does not exist; a polygon layer is needed")
    }
    if land == nil, landLayer != nil {
      throw ParameterError("land_layer", "names a layer of no file: give 'land' too")
    }
    for warning in plan.warnings { context.warn(warning) }
    context.needs(scratch: plan.scratchBytes)
    context.isBarrier()
    planned = plan
    image = Raster(planned: plan.image, isKept: true)
    mask = Raster(planned: plan.mask, isKept: true)
  }

  public mutating func run(in context: RunContext) async throws {
    let plan = try planned ?? StackPlan(options)
    for source in plan.sources { context.log(.info, "\(source.band.name): \(source.treatment)") }
    let made = try await StackRun(plan: plan, land: land?.path, landLayer: landLayer, context: context).run()
    image = made.image
    mask = made.mask
  }
}
