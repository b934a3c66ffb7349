import FloeSDK

/// Registers the plugin's steps.
@_cdecl("floe_plugin_ClusteringFloePlugin")
public func floePlugin(_ registry: UnsafeMutableRawPointer) {
  PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in
    plugin.version(FloeVersion.current)
    for step in Algorithms.all { add(step, to: plugin) }
    plugin.add(ApplyStep.self)
    plugin.add(FitStep.self)
  }
}

private func add<Step: ClusteringStep>(_ step: Step.Type, to plugin: PluginRegistry) { plugin.add(step) }
