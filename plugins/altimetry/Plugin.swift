import FloeSDK

/// Registers the plugin's steps.
@_cdecl("floe_plugin_AltimetryFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version(FloeVersion.current)
    plugin.add(FeaturesStep.self)
    plugin.add(ClassifyStep.self)
    plugin.add(AlignStep.self)
    plugin.add(RetrackStep.self)
    plugin.add(EchoesStep.self)
    plugin.add(SeparationStep.self)
    plugin.add(ElevationStep.self)
    plugin.add(SeaSurfaceStep.self)
    plugin.add(FreeboardStep.self)
    plugin.add(GridStep.self)
    plugin.add(CourseFiguresStep.self)
  }
}
