import FloeSDK

/// The entry point of the plugin: the one function that floe calls. Its name is `floe_plugin_` and the product's.
@_cdecl("floe_plugin___Name__FloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version("0.1.0")
    plugin.add(ThresholdStep.self)
  }
}
