import FloeSDK

/// The door of the plugin.
@_cdecl("floe_plugin_SyntheticFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version("0.1.0")
    plugin.add(Sentinel3Step.self)
    plugin.add(Sentinel2Step.self)
    plugin.add(WrapStep.self)
    plugin.add(ScoreLeadsStep.self)
    plugin.add(ScoreFootprintsStep.self)
  }
}
