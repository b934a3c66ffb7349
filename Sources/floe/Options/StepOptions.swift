import ArgumentParser

/// What any step takes beside its own flags.
struct StepOptions: ParsableArguments {
  @OptionGroup var execution: ExecutionOptions
  @OptionGroup var plugins: PluginOptions
}
