import FloeHost
import FloeSDK
import Testing

@Suite struct PlannerTests {
  @Test func everyMistakeIsReportedAtOnceWithItsLine() {
    let problems = Fixture.problems(
      """
      floe: 1
      steps:
        ramp: { use: test.ramp, with: { size: 9999, sise: 3 } }
        typo: { use: test.cuont, in: { image: ramp.image } }
        count:
          use: test.count
          in: { image: ramp.imgae }
          with:
            limit: many
            way: belowe
      outputs:
        a.xyz: count.result
        b.tif: count.result
        c.json: nothing.result
      """)
    func has(_ line: Int, _ words: String...) -> Bool {
      problems.contains { p in p.hasPrefix("p.yaml:\(line):") && words.allSatisfy(p.contains) }
    }
    #expect(has(3, "'size'", "between 1 and 4096", "9999"))
    #expect(has(3, "'sise'", "did you mean 'size'"))
    #expect(has(4, "test.cuont", "did you mean 'test.count'"))
    #expect(has(7, "ramp.imgae", "did you mean 'image'"))
    #expect(has(9, "'limit'", "must be a number", "'many'"))
    #expect(has(10, "'way'", "below, above", "did you mean 'below'"))
    #expect(has(12, "a.xyz", ".tif"))
    #expect(has(14, "no step 'nothing'"))
    #expect(problems.count >= 8)
  }

  @Test func wrongPortKindIsRefused() {
    let problems = Fixture.problems(
      """
      floe: 1
      steps:
        ramp: { use: test.ramp }
        count: { use: test.count, in: { image: ramp.image } }
        again: { use: test.count, in: { image: count.result } }
      outputs: { a.json: again.result }
      """)
    #expect(problems == ["p.yaml:5: again.image needs raster, but 'count.result' is document"])
  }

  @Test func aCircleIsNamed() {
    let problems = Fixture.problems(
      """
      floe: 1
      steps:
        a: { use: test.fail, in: { image: b.out } }
        b: { use: test.fail, in: { image: a.out } }
      outputs: { a.tif: a.out }
      """)
    #expect(problems.contains { $0.contains("circle: a <- b <- a") })
  }

  @Test func missingInputsAndFilesAreNamed() {
    let yaml = """
      floe: 1
      inputs:
        scene: { type: path, help: The scene }
        land: { type: path, optional: true }
      steps:
        ramp: { use: test.ramp, with: { file: $scene } }
      outputs: { a.tif: ramp.image }
      """
    #expect(Fixture.problems(yaml) == ["p.yaml:3: input 'scene' is not set: give --set scene=... (The scene)"])
    #expect(
      Fixture.problems(yaml, settings: ["scene": "/no/such/file"]) == [
        "p.yaml:6: 'file': there is no file or folder /no/such/file"
      ])
    #expect(
      Fixture.problems(yaml, settings: ["scene": "/tmp", "lnd": "x"]).contains { $0.contains("did you mean 'land'") })
    #expect(Fixture.problems(yaml, settings: ["scene": "/tmp"]).isEmpty)
  }

  @Test func anOptionalInputThatIsNotSetLeavesTheParameterOut() throws {
    let plan = try Fixture.plan(
      """
      floe: 1
      inputs: { file: { type: path, optional: true } }
      steps: { ramp: { use: test.ramp, with: { file: $file } } }
      outputs: { a.tif: ramp.image }
      """)
    #expect(plan.steps[0].inForce["file"] == nil)
  }

  @Test func aConditionalOutputTellsItsCondition() {
    let problems = Fixture.problems(
      """
      floe: 1
      steps:
        ramp: { use: test.ramp }
        count: { use: test.count, in: { image: ramp.image } }
      outputs: { a.json: count.extra }
      """)
    #expect(problems == ["p.yaml:5: output a.json asks for 'count.extra', which is made only when way is above"])
  }

  @Test func presetsGiveOtherDefaultsAndAreChecked() throws {
    let plan = try Fixture.plan(
      """
      floe: 1
      steps:
        ramp: { use: test.ramp }
        count: { use: test.count, in: { image: ramp.image }, with: { preset: low } }
      outputs: { a.json: count.result }
      """)
    #expect(plan.step("count")?.inForce["limit"] == .text("3"))
    let problems = Fixture.problems(
      """
      floe: 1
      steps:
        ramp: { use: test.ramp }
        count: { use: test.count, in: { image: ramp.image }, with: { preset: high } }
      outputs: { a.json: count.result }
      """)
    #expect(problems == ["p.yaml:4: count: 'preset' must be one of low, not 'high'"])
  }

  @Test(arguments: [
    ("a: [", "is not YAML"), ("- 1\n- 2", "is not a pipeline"), ("floe: 2\nsteps: {}", "version '2' is unknown"),
    ("floe: 1\nstepps: {}", "did you mean 'steps'"),
    ("floe: 1\nsteps: { a: { with: {} } }\n", "does not say which step"),
    ("floe: 1\nsteps: { a: { use: test.ramp } }\noutputs: { ../a.tif: a.image }", "inside the output folder"),
    ("floe: 1\nsteps: { a: { use: test.ramp } }\noutputs: { a.tif: image }", "step.port"),
  ])
  func spoiltFilesGetASentence(_ yaml: String, _ words: String) {
    #expect(Fixture.problems(yaml).contains { $0.contains(words) }, "\(Fixture.problems(yaml))")
  }

  @Test func aListOfPathsMayBeWrittenWithCommas() {
    let yaml = """
      floe: 1
      inputs: { scenes: { type: path } }
      steps: { ramp: { use: test.ramp, with: { files: $scenes } } }
      outputs: { a.tif: ramp.image }
      """
    #expect(Fixture.problems(yaml, settings: ["scenes": "/tmp,/"]).isEmpty)
    #expect(
      Fixture.problems(yaml, settings: ["scenes": "/tmp,/no/such"]) == [
        "p.yaml:3: 'files': there is no file or folder /no/such"
      ])
  }
}
