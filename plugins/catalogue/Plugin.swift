import FloeSDK

/// Registers the plugin's steps.
@_cdecl("floe_plugin_CatalogueFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version(FloeVersion.current)
    plugin.add(SearchStep.self)
  }
}
