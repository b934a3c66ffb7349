import FloeSDK

/// The door of the plugin.
@_cdecl("floe_plugin_LeadWidthFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version("1.0.0")
    plugin.add(LeadWidthStep.self)
  }
}
