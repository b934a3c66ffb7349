import FloeSDK

/// Registers the plugin's steps.
@_cdecl("floe_plugin_SyntheticFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version(FloeVersion.current)
    plugin.add(Sentinel3Step.self)
    plugin.add(Sentinel2Step.self)
    plugin.add(WrapStep.self)
    plugin.add(ScoreLeadsStep.self)
    plugin.add(ScoreFootprintsStep.self)
  }
}
