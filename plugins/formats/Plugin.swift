import FloeSDK

/// Registers the plugin's output formats.
@_cdecl("floe_plugin_FormatsFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version(FloeVersion.current)
    plugin.add(writer: GeoTIFFOutput.self)
    plugin.add(writer: ZarrOutput.self)
    plugin.add(writer: GeoPackageOutput.self)
    plugin.add(writer: CSVOutput.self)
    plugin.add(writer: TrackNetCDFOutput.self)
    plugin.add(writer: JSONOutput.self)
    plugin.add(writer: PageOutput.self)
  }
}
