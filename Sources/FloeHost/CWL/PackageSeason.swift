import Yams

/// Steps over all results of a package: `floe step`, once for each that the user names.
extension ApplicationPackage {
  private static var words: Node { map([("type", "array"), ("items", "string")]) }

  /// The words of each step; none by default.
  static func seasonStepsInput(hasDefault: Bool) -> (Node, Node) {
    var facts: [(Node, Node)] = [
      ("type", map([("type", "array"), ("items", words)])), ("label", "Steps over all results"),
      (
        "doc",
        text(
          """
          For each step the words of floe step, as a list; files and patterns count from the folder of all results: \
          ["STEP", "--INPUT", "*/raster.tif", "--OUTPUT", "all.tif"].
          """)
      ),
    ]
    if hasDefault { facts.append(("default", list([]))) }
    return (text(seasonSteps), map(facts))
  }

  /// The parts of the workflow that run them.
  ///
  /// Jobs are scattered over places in the list, which also tell their folders apart: Toil merges folders of one
  /// name.
  func seasonWorkflow() -> [(Node, Node)] {
    [
      (
        "count",
        Self.map([
          ("label", "Count"), ("doc", "Numbers the steps over all results."), ("run", Self.text("#\(name)-count")),
          ("in", Self.map([(Self.text(Self.seasonSteps), Self.text(Self.seasonSteps))])),
          ("out", Self.list(["places"])),
        ])
      ),
      (
        "over_all",
        Self.map([
          ("label", "Step over all results"), ("doc", "Runs a step on all results, each in a folder of its own."),
          ("run", Self.text("#\(name)-over-all")),
          (
            "in",
            Self.map([
              ("gathered", "gather/results"), ("place", "count/places"),
              (
                "words",
                Self.map([
                  ("source", Self.text(Self.seasonSteps)), ("valueFrom", Self.text("$(self[inputs.place])")),
                ])
              ),
            ])
          ),
          ("scatter", "place"),
          ("out", Self.list(["results"])),
        ])
      ),
    ]
  }

  /// Numbers the steps.
  func countTool() -> Node {
    Self.map([
      ("class", "ExpressionTool"),
      ("id", Self.text("\(name)-count")),
      ("label", "Count"),
      ("doc", "Numbers the steps over all results."),
      ("requirements", Self.list([Self.map([("class", "InlineJavascriptRequirement")])])),
      ("inputs", Self.map([Self.seasonStepsInput(hasDefault: false)])),
      (
        "outputs",
        Self.map([
          (
            "places",
            Self.map([
              ("type", Self.map([("type", "array"), ("items", "int")])), ("label", "Places"),
              ("doc", "The place of each step in the list."),
            ])
          )
        ])
      ),
      (
        "expression",
        Self.text(
          """
          ${
            return { places: inputs.season_steps.map(function (words, i) { return i; }) };
          }
          """)
      ),
    ])
  }

  /// `floe step` in the folder of all results. No shell reads the words.
  func seasonTool() -> Node {
    let folder =
      "\"season-\" + (inputs.place + 1) + \"-\" + inputs.words[0].replace(/[^A-Za-z0-9._-]/g, \"_\").slice(0, 100)"
    func arguments(_ words: [String], at position: Int) -> [Node] {
      words.map { Self.map([("valueFrom", Self.text($0)), ("position", Self.number(position))]) }
    }
    return tool(
      [
        ("class", "CommandLineTool"),
        ("id", Self.text("\(name)-over-all")),
        ("label", "Step over all results"),
        ("doc", "Runs a step on all results, for example one that fits a model to all scenes or joins their rasters."),
        ("baseCommand", Self.list(["floe", "step"])),
        (
          "arguments",
          Self.list(
            arguments(["-C", "$(inputs.gathered.path)"], at: 1)
              + arguments(
                [
                  "-o", "$(runtime.outdir + \"/\" + \(folder))", "--progress", "none", "--workers", "$(runtime.cores)",
                  "--memory", "$(Math.floor(runtime.ram))MB",
                ], at: 3))
        ),
        (
          "inputs",
          Self.map([
            (
              "gathered",
              Self.map([
                ("type", "Directory"), ("label", "All results"),
                ("doc", "The folder from which files and patterns count."),
              ])
            ),
            (
              "place",
              Self.map([("type", "int"), ("label", "Place"), ("doc", "The step's place in the list, from 0.")])
            ),
            (
              "words",
              Self.map([
                ("type", Self.words), ("label", "Words"), ("doc", "The step's name and its flags."),
                ("inputBinding", Self.map([("position", Self.number(2))])),
              ])
            ),
          ])
        ),
        (
          "outputs",
          Self.map([
            (
              "results",
              Self.map([
                ("type", "Directory"), ("label", "Results"), ("doc", "What the step made, and its record."),
                ("outputBinding", Self.map([("glob", Self.text("$(\(folder))"))])),
              ])
            )
          ])
        ),
      ],
      requirements: [
        Self.map([("class", "InlineJavascriptRequirement")]),
        // Such steps keep no pixel of a scene; what they write is about as large as a few scenes' results.
        Self.map([
          ("class", "ResourceRequirement"), ("coresMin", Self.number(resources.cores.lowerBound)),
          ("coresMax", Self.number(resources.cores.upperBound)),
          ("ramMin", Self.number(max(2048, resources.memory.lowerBound))),
          ("ramMax", Self.number(max(4096, resources.memory.upperBound))),
          ("outdirMin", Self.number(8 * resources.diskOfScene)),
        ]),
      ])
  }
}
