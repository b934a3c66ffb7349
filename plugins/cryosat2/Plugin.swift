import FloeSDK

/// The entry point of the plugin.
@_cdecl("floe_plugin_CryoSat2FloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version(FloeVersion.current)
    plugin.add(SIRALStep.self)
    plugin.add(reader: SIRALReader.self)
  }
}
