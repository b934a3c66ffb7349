import FloeSDK

/// Registers the plugin's steps.
@_cdecl("floe_plugin_LeadWidthFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version("1.0.0")
    plugin.add(LeadWidthStep.self)
  }
}
