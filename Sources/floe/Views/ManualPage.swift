import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK

/// The manual page floe(1) in the macros of man(7), rendered from the argument parser's own description of the
/// commands.
struct ManualPage {
  /// The page; the same commands give the same text.
  let text: String

  /// - Parameter toolDescription: what `floe --experimental-dump-help` prints.
  init(toolDescription: String) throws {
    let root = try JSONText.decode(toolDescription, name: "the description of the commands")["command"] ?? .null
    let name = root["commandName"]?.stringValue ?? ""
    let version = FloeVersion.current
    var out =
      """
      .\\" Rendered from the commands' declarations by `\(name) __manual`.
      .TH \(name.uppercased()) 1 "" "\(name) \(version)" "User Commands"

      """
    out += ".SH NAME\n\(name) \\- \(Self.escaped(root["abstract"]?.stringValue ?? ""))\n"
    out +=
      ".SH SYNOPSIS\n.B \(name)\n.I command\n.RI [ options ]\n.SH DESCRIPTION\n"
      + Self.prose(root["discussion"]?.stringValue ?? "")
    out += ".SH OPTIONS\n" + Self.arguments(root)
    out += ".SH COMMANDS\n" + Self.children(root).map { Self.command($0, path: name) }.joined()
    out += ".SH EXIT STATUS\n" + Self.list(Self.statuses)
    out += ".SH ENVIRONMENT\n" + Self.list(Self.environment)
    out += ".SH FILES\n" + Self.list(Self.files)
    text = out
  }

  private static let statuses = [
    ("0", "What was asked for is done."),
    (
      "1",
      "The run failed; it left no outputs. Of floe replay: other bytes; of floe doctor: something is wrong; of floe "
        + "fetch: a product is not there; of floe cache verify: an entry is damaged."
    ),
    ("2", "The request was wrong: an option, a pipeline, a parameter, an input. Nothing was computed."),
    ("3", "Some scenes failed, the others are done (floe batch; floe gather with --strict)."),
    ("130", "Interrupted by Ctrl-C or another signal; no outputs are left."),
  ]
  private static let environment = [
    ("FLOE_LOG", "What is shown without --quiet and --verbose: debug, info, notice, warning or error."),
    ("FLOE_PLUGIN_PATH", "Folders with plugins, separated by colons; searched after those of --plugin-path."),
    ("FLOE_SHARE", "The folder of styles and examples, in place of the one that belongs to the program."),
    ("XDG_DATA_HOME", "Its floe/plugins is searched for plugins (~/.local/share/floe/plugins by default)."),
    ("XDG_CACHE_HOME", "Its floe holds what is known of plugins (~/.cache/floe by default)."),
    (
      "XDG_DATA_DIRS",
      "Where Leaflet, which draws the report's interactive map, is found, unless floe's package brought it."
    ),
    ("FLOE_CACHE, FLOE_CACHE_LIMIT", "The folder that keeps outputs of steps, and what it may take, as --cache."),
    ("TMPDIR", "Where netCDF files by URL are kept while floe runs."),
    (
      "CDSE_USERNAME, CDSE_PASSWORD, CDSE_REFRESH_TOKEN, CDSE_TOTP",
      "The account at the Copernicus Data Space, for floe fetch."
    ),
    ("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE, AWS_S3_ENDPOINT", "Keys and place of s3:// inputs."),
    ("NO_COLOR", "Where it holds anything, words on a terminal have no colour."),
    (
      "GDAL_DATA, PROJ_DATA",
      "The tables of GDAL and PROJ. Other options of GDAL that would change a result are left aside with a warning."
    ),
    ("OPJ_NUM_THREADS", "Threads of OpenJPEG for one tile; none by default, since floe reads tiles side by side."),
    ("PATH", "Where gnuplot, which draws the report's figures, and programs of steps are found."),
  ]
  private static let files = [
    ("run.json", "Beside the outputs: what ran, when, on what, and what was left out and why."),
    ("~/.local/share/floe/plugins", "Plugins of the user: lib*FloePlugin.so, *.floe-step.yaml and *.floe-writer.yaml."),
  ]

  private static func list(_ entries: [(String, String)]) -> String {
    entries.map { ".TP\n.B \(escaped($0.0))\n\(escaped($0.1))\n" }.joined()
  }

  private static func command(_ command: JSONValue, path: String) -> String {
    let path = path + " " + (command["commandName"]?.stringValue ?? "")
    let children = children(command)
    var out = ""
    if children.isEmpty {
      let positional = shown(command).filter { $0["kind"]?.stringValue == "positional" }
      let words = positional.map { " " + escaped(label($0)) }.joined()
      out += ".SS \"\(escaped(path))\(words) [options]\"\n"
    } else {
      out += ".SS \"\(escaped(path))\"\n"
    }
    out +=
      escaped(command["abstract"]?.stringValue ?? "") + "\n" + prose(command["discussion"]?.stringValue ?? "")
      + arguments(command)
    return out + children.map { Self.command($0, path: path) }.joined()
  }

  private static func children(_ command: JSONValue) -> [JSONValue] {
    (command["subcommands"]?.arrayValue ?? []).filter {
      $0["shouldDisplay"]?.boolValue != false && $0["commandName"]?.stringValue != "help"
    }
  }

  private static func shown(_ command: JSONValue) -> [JSONValue] {
    (command["arguments"]?.arrayValue ?? []).filter { $0["shouldDisplay"]?.boolValue != false }
  }

  private static func arguments(_ command: JSONValue) -> String {
    shown(command).map { argument in
      var help = argument["abstract"]?.stringValue ?? ""
      if let value = argument["defaultValue"]?.stringValue, !value.isEmpty { help += " (default: \(value))" }
      return ".TP\n.B \(escaped(label(argument)))\n\(escaped(help))\n"
    }.joined()
  }

  /// `-o, --output <output>`, `--json`, `<pipeline>`.
  private static func label(_ argument: JSONValue) -> String {
    let value = "<\(argument["valueName"]?.stringValue ?? "value")>"
    let names = (argument["names"]?.arrayValue ?? []).map {
      (($0["kind"]?.stringValue == "long" ? "--" : "-") + ($0["name"]?.stringValue ?? ""))
    }
    switch argument["kind"]?.stringValue {
    case "positional": return argument["isRepeating"]?.boolValue == true ? value + "..." : value
    case "option": return names.sorted { $0.count < $1.count }.joined(separator: ", ") + " " + value
    default: return names.sorted { $0.count < $1.count }.joined(separator: ", ")
    }
  }

  /// Paragraphs; indented lines stay as they are.
  private static func prose(_ text: String) -> String {
    var out = ""
    var isVerbatim = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let indented = line.hasPrefix("  ")
      if indented != isVerbatim, !line.isEmpty || isVerbatim {
        out += isVerbatim ? ".fi\n" : ".nf\n"
        isVerbatim.toggle()
      }
      out += line.isEmpty ? ".PP\n" : escaped(String(line)) + "\n"
    }
    return (text.isEmpty ? "" : ".PP\n") + out + (isVerbatim ? ".fi\n" : "")
  }

  /// Backslashes and hyphens as roff wants them; a dot or quote that begins a line would be a request.
  private static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\n", with: " ")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}
