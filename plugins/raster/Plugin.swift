import FloeSDK

/// Registers the plugin's steps.
@_cdecl("floe_plugin_RasterStepsFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version(FloeVersion.current)
    plugin.add(RasterReadStep.self)
    plugin.add(TableReadStep.self)
    plugin.add(TableSelectStep.self)
    plugin.add(ExpressionStep.self)
    plugin.add(WarpStep.self)
    plugin.add(MosaicStep.self)
    plugin.add(ClipStep.self)
    plugin.add(FilterStep.self)
    plugin.add(LocalContrastStep.self)
    plugin.add(SieveStep.self)
    plugin.add(PolygonizeStep.self)
    plugin.add(LeadsStep.self)
  }
}
