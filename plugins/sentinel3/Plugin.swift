import FloeSDK

/// Registers the plugin's steps.
@_cdecl("floe_plugin_Sentinel3FloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version(FloeVersion.current)
    plugin.add(SRALStep.self)
    plugin.add(reader: SRALReader.self)
  }
}
