import FloeSDK
import FloeTestSupport

/// A step with what it needs to run under `checkStep`.
struct StepRequest: Sendable {
  var parameters: [String: ParameterLiteral] = [:]
  var ports: [String: [PortData]] = [:]
  var circumstances = HarnessOptions(readers: Bundled.readers)

  /// Parameters are written as on a command line.
  init(_ parameters: [String: String] = [:], _ ports: [String: [PortData]] = [:]) {
    self.parameters = parameters.mapValues { .text($0) }
    self.ports = ports
  }
}

/// At least one request for each bundled step. A new step: add a line here.
let requests: [(step: String, request: @Sendable () async throws -> StepRequest)] = [
  ("altimetry.align", { StepRequest([:], ["input": [try await TestProducts.features()]]) }),
  ("altimetry.align", { StepRequest(["method": "retracked"], ["input": [try await TestProducts.features()]]) }),
  ("altimetry.align", { StepRequest(["normalise": "false"], ["input": [try await TestProducts.features()]]) }),
  ("altimetry.classify", { StepRequest([:], ["input": [try await TestProducts.features()]]) }),
  (
    "altimetry.classify",
    { StepRequest(["limits": "pysiral-sar"], ["input": [try await TestProducts.features()]]) }
  ),
  ("altimetry.echoes", { StepRequest([:], ["input": [try await TestProducts.aligned()]]) }),
  ("altimetry.elevation", { StepRequest([:], ["input": [try await TestProducts.retracked()]]) }),
  ("altimetry.sea_surface", { StepRequest([:], ["input": [try await TestProducts.elevated()]]) }),
  ("altimetry.freeboard", { StepRequest([:], ["input": [try await TestProducts.overSea()]]) }),
  ("altimetry.grid", { StepRequest(["column": "elevation_m"], ["input": [try await TestProducts.elevated()]]) }),
  ("altimetry.features", { StepRequest([:], ["input": [try await TestProducts.records()]]) }),
  (
    "altimetry.features",
    { StepRequest(["waveform": "waveform_aligned"], ["input": [try await TestProducts.aligned()]]) }
  ),
  ("altimetry.retrack", { StepRequest([:], ["input": [try await TestProducts.records()]]) }),
  ("altimetry.separation", { StepRequest([:], ["input": [try await TestProducts.aligned()]]) }),
  ("cluster.apply", { StepRequest([:], ["samples": [try ice()], "model": [try await TestProducts.model()]]) }),
  ("cluster.fit", { StepRequest(["method": "kmeans"], ["samples": [try ice(), try ice()]]) }),
  ("cluster.gmm", { StepRequest(["names": "lead=darkest,sea_ice=rest"], ["samples": [try ice()]]) }),
  ("cluster.gmm", { StepRequest(["features": "a,b"], ["samples": [.table(try SyntheticData.table())]]) }),
  ("cluster.kmeans", { StepRequest(["names": "lead=darkest,sea_ice=rest"], ["samples": [try ice()]]) }),
  ("cluster.kmeans", { StepRequest(["features": "a,b"], ["samples": [.table(try SyntheticData.table())]]) }),
  ("cluster.kmedoids", { StepRequest(["names": "lead=darkest,sea_ice=rest"], ["samples": [try ice()]]) }),
  ("cluster.kmedoids", { StepRequest(["features": "a,b"], ["samples": [.table(try SyntheticData.table())]]) }),
  ("cryosat2.read", { StepRequest(["product": try SmallSIRAL.write(in: try TestProducts.folder)]) }),
  (
    "colocate.drift",
    {
      StepRequest(
        ["column": "esa_class", "radius": "50"],
        ["input": [.table(try SyntheticData.track())], "raster": [try classes()]])
    }
  ),
  (
    "colocate.pairs",
    {
      _ = try await TestProducts.track()
      return StepRequest(["folders": try TestProducts.folder + "/products"])
    }
  ),
  (
    "colocate.track",
    {
      StepRequest(
        ["scene_time": "2019-03-01T23:56:11", "along": "30", "across": "60", "bilinear": "true"],
        ["input": [.table(try SyntheticData.track())], "rasters": [try ice(), try classes()]])
    }
  ),
  ("evaluate.compare", { StepRequest([:], ["reference": [try classes()], "predicted": [try classes()]]) }),
  ("file.read", { StepRequest(["path": try TestProducts.file("facts.json", #"{"a": [1, 2]}"#)]) }),
  (
    "qgis.project",
    {
      let raster = try SyntheticData.classes()
      let path = try TestProducts.geoTIFF(raster, "project")
      _ = try TestProducts.file("project.qml", "<qgis><pipe><rasterrenderer/></pipe></qgis>")
      var request = StepRequest()
      request.circumstances.written = [
        WrittenOutput(name: "project.tif", path: path, kind: .raster, sources: ["": "a.b"])
      ]
      request.circumstances.values = ["project.tif": .raster(raster)]
      return request
    }
  ),
  ("raster.clip", { StepRequest(["box": "500105,7998500,500905,7999600"], ["image": [try ice()]]) }),
  ("raster.expression", { StepRequest(["expression": "(B02 - B04) / (B02 + B04)"], ["image": [try ice()]]) }),
  ("raster.filter", { StepRequest(["statistic": "median", "window": "5"], ["image": [try ice()]]) }),
  ("raster.filter", { StepRequest(["statistic": "mode", "edge": "nearest"], ["image": [try classes()]]) }),
  ("raster.local_contrast", { StepRequest(["size": "300"], ["image": [try ice()]]) }),
  ("raster.read", { StepRequest(["files": try TestProducts.geoTIFF(try SyntheticData.ice(), "ice")]) }),
  ("raster.mosaic", { StepRequest(["resolution": "17"], ["images": [try ice(), try ice()]]) }),
  ("raster.mosaic", { StepRequest(["rule": "maximum"], ["images": [try ice()]]) }),
  ("raster.mosaic", { StepRequest(["crs": "EPSG:3413"], ["images": [try classes(), try classes()]]) }),
  ("raster.sieve", { StepRequest(["smaller_than": "20"], ["image": [try classes()]]) }),
  (
    "raster.warp",
    { StepRequest(["crs": "EPSG:3413", "resolution": "12", "resampling": "bilinear"], ["image": [try ice()]]) }
  ),
  ("sentinel2.stack", { StepRequest(["product": try await TestProducts.scene()]) }),
  ("sentinel3.sral", { StepRequest(["product": try await TestProducts.track(), "only": "lead,sea_ice"]) }),
  (
    "synthetic.sentinel2",
    { StepRequest(["folder": try TestProducts.folder + "/made2", "size": "240", "bands": "B04"]) }
  ),
  ("synthetic.sentinel3", { StepRequest(["folder": try TestProducts.folder + "/made3", "records": "200"]) }),
  (
    "synthetic.sentinel2",
    {
      StepRequest([
        "folder": try TestProducts.folder + "/made4", "size": "240", "bands": "B04,B01", "world": "winter",
      ])
    }
  ),
  (
    "synthetic.sentinel3",
    { StepRequest(["folder": try TestProducts.folder + "/made5", "records": "200", "world": "winter"]) }
  ),
  (
    "synthetic.score_leads",
    {
      StepRequest(
        [:],
        ["details": [try await TestProducts.winter("details")], "predicted": [try await TestProducts.winter("truth")]])
    }
  ),
  (
    "synthetic.score_footprints",
    {
      let surfaces = try await TestProducts.footprints()
      return StepRequest(["predicted_column": "truth"], ["truth": [surfaces], "predicted": [surfaces]])
    }
  ),
  (
    "synthetic.wrap_sentinel2",
    { StepRequest(["folder": try TestProducts.folder + "/wrapped"], ["image": [try ice()]]) }
  ),
  (
    "report.html",
    {
      let raster = try SyntheticData.classes()
      let path = try TestProducts.geoTIFF(raster, "report")
      var request = StepRequest()
      request.circumstances.written = [
        WrittenOutput(name: "report.tif", path: path, kind: .raster, sources: ["": "a.b"])
      ]
      request.circumstances.values = ["report.tif": .raster(raster)]
      return request
    }
  ),
  (
    "table.read", { StepRequest(["file": try TestProducts.file("points.csv", "lon,lat,v\n15.1,72.1,1\n15.2,72.2,\n")]) }
  ),
  ("table.select", { StepRequest(["columns": "x,y,a,class"], ["input": [.table(try SyntheticData.table())]]) }),
  ("vector.leads", { StepRequest([:], ["image": [try classes()]]) }),
  ("vector.polygonize", { StepRequest(["classes": "lead"], ["image": [try classes()]]) }),
]

private func ice() throws -> PortData { .raster(try SyntheticData.ice()) }
private func classes() throws -> PortData { .raster(try SyntheticData.classes()) }
