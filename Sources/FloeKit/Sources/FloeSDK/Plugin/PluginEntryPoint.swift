/// What a plugin brings.
public final class PluginRegistry {
  /// Steps in the order in which they were added.
  public private(set) var steps: [any StepFactory] = []
  /// Product readers in the order in which they were added.
  public private(set) var readers: [any ProductReader] = []
  /// Output formats in the order in which they were added.
  public private(set) var writers: [any WriterFactory] = []
  /// The stamp that the plugin was compiled with.
  public fileprivate(set) var stamp = ""
  /// The plugin's own version.
  public private(set) var version = ""

  /// A registry for the host to hand to a plugin's entry point.
  public init() {}
  /// Adds a step.
  public func add<Step: ProcessingStep>(_ step: Step.Type) { steps.append(SwiftStepFactory(step)) }
  /// Adds a product reader.
  public func add<Reader: ProductReader>(reader: Reader.Type) { readers.append(reader.init()) }
  /// Adds an output format.
  public func add<Writer: OutputWriter>(writer: Writer.Type) { writers.append(SwiftWriterFactory(writer)) }
  /// Tells the plugin's own version.
  public func version(_ text: String) { version = text }
}

/// The entry point of a plugin, which the host calls.
///
/// A plugin's product `<Name>FloePlugin` exports one C function, `floe_plugin_<Name>FloePlugin`:
/// ```swift
/// @_cdecl("floe_plugin_ThresholdFloePlugin")
/// public func floePlugin(_ registry: UnsafeMutableRawPointer) {
///   PluginEntryPoint.open(registry, stamp: floe_kit_stamp()) { plugin in plugin.add(Threshold.self) }
/// }
/// ```
public enum PluginEntryPoint {
  /// Takes the registry that the host hands over and lets the plugin fill it.
  ///
  /// - Parameter stamp: `floe_kit_stamp()`, called in the plugin so that the text is compiled into its file.
  public static func open(
    _ registry: UnsafeMutableRawPointer, stamp: UnsafePointer<CChar>, _ fill: (PluginRegistry) -> Void
  ) {
    let filled = Unmanaged<PluginRegistry>.fromOpaque(registry).takeUnretainedValue()
    filled.stamp = String(cString: stamp)
    fill(filled)
  }

  /// The stamp of the kit that this process runs on.
  public static var kitStamp: String { String(cString: floe_kit_own_stamp()) }
}
