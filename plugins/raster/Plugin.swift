import FloeSDK

/// The door of the plugin.
@_cdecl("floe_plugin_RasterStepsFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version("0.1.0")
    plugin.add(RasterReadStep.self)
    plugin.add(TableReadStep.self)
    plugin.add(TableSelectStep.self)
    plugin.add(ExpressionStep.self)
    plugin.add(WarpStep.self)
    plugin.add(ClipStep.self)
    plugin.add(FilterStep.self)
    plugin.add(LocalContrastStep.self)
    plugin.add(SieveStep.self)
    plugin.add(PolygonizeStep.self)
  }
}
