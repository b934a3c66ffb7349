import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Looks over the installation and says what is wrong and how to mend it.",
    discussion: """
      Libraries, formats, plugins, folders, memory and terminal. Exit status 1 when something is wrong; remarks do \
      not count.

      EXAMPLE
        floe doctor
        floe doctor --json
      """)
  @Option(help: "The folder that scratch files would go to.", completion: .directory)
  var scratch = "."
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var plugins: PluginOptions

  func run() async throws {
    let folder = URL(fileURLWithPath: scratch).standardizedFileURL.path
    var findings = await Doctor.examine(finder: plugins.finder(), asked: plugins.pluginPaths, scratch: folder) {
      try PluginOptions.share()
    }
    findings.append(Self.terminal)
    let wrong = findings.count { $0.state == .wrong }
    if json {
      Terminal.json(try JSONView.text(findings))
    } else {
      let signs: [Finding.State: String] = [.fine: "ok", .remark: "note", .wrong: "WRONG"]
      print(
        Terminal.table(
          findings.map { f in
            [
              signs[f.state] ?? "", f.subject,
              f.text + (f.remedy.map { "\n" + String(repeating: " ", count: 19) + "-> " + $0 } ?? ""),
            ]
          }, indent: ""))
      print(wrong == 0 ? "\nfloe is well" : "\n\(wrong) \(wrong == 1 ? "thing is" : "things are") wrong")
    }
    if wrong > 0 { throw ExitCode(1) }
  }

  private static var terminal: Finding {
    if isatty(2) != 1 { return Finding("terminal", .fine, "none: progress is shown as plain lines") }
    return Finding("terminal", .fine, "\(Terminal.width) columns: progress is shown as a bar")
  }
}
