import FloeSDK

/// The door of the plugin.
@_cdecl("floe_plugin_EvaluationFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version("0.1.0")
    plugin.add(CompareStep.self)
  }
}
