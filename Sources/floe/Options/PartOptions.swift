import ArgumentParser
import FloeHost

/// Which part of a pipeline is run, and with what it has to agree.
struct PartOptions: ParsableArguments {
  @Option(help: "Run to this step only, and write its outputs. May be given several times.")
  var until: [String] = []
  @Option(help: "Write this step's outputs too, as STEP.PORT.tif and the like. May be given several times.")
  var keep: [String] = []
  @Option(
    help: "A lock of `floe lock`: other plugins, libraries or styles are refused.", completion: .file())
  var frozen: String?

  var part: PipelinePart {
    var part = PipelinePart()
    part.until = until
    part.keep = keep
    return part
  }
}
