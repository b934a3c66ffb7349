import ArgumentParser
import FloeHost
import FloeIO
import FloeSDK
import Foundation

struct FetchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetches products from the Copernicus Data Space, each whole or not at all.",
    discussion: """
      Takes names of products, answers of a catalogue (items.json of `floe find`), tables with names (items.csv, \
      items.gpkg, pairs.csv) and URLs. What was fetched in part goes on where it ended; size and MD5 are compared \
      with the catalogue's. Archives of Sentinel-2 stay zipped, as floe reads them; those of Sentinel-3 are \
      unpacked.
      The account (dataspace.copernicus.eu) comes from CDSE_USERNAME and CDSE_PASSWORD, or CDSE_REFRESH_TOKEN, and \
      is otherwise asked for on a terminal; CDSE_TOTP is the code of a second factor. With --s3 keys come from AWS's \
      variables.
      Exit status: 0 all there, 1 some are not, or the catalogue does not answer.

      EXAMPLE
        floe fetch -o scenes \\
          S2A_MSIL1C_20190301T235611_N0207_R116_T01WCU_20190302T014622.SAFE
        floe fetch pairs/pairs.csv -o scenes
      """)
  @Argument(help: "Names, .json, .csv or .gpkg files with products, URLs.", completion: .file())
  var products: [String]
  @Option(name: .shortAndLong, help: "The folder for the products.", completion: .directory)
  var output = "."
  @Option(help: "Products at a time, 1 to 4.")
  var jobs = 4
  @Flag(name: .customLong("s3"), help: "From the object store, file by file, with keys in AWS_ACCESS_KEY_ID and so on.")
  var usesS3 = false
  @Flag(help: "Leave all archives zipped.")
  var zipped = false
  @Option(help: "Another OData catalogue, of CREODIAS for example.")
  var catalogue: String?
  @Option(help: "Another service that hands out products by their ids.")
  var download: String?
  @Option(help: "Another identity service.")
  var identity: String?
  @Option(help: "How progress is shown: bar, plain, json or none; a bar on a terminal by default.")
  var progress: ProgressStyle?
  @Flag(name: .shortAndLong, help: "Print nothing but errors.")
  var quiet = false
  @Flag(help: "Print JSON: each product with its place and what became of it.")
  var json = false

  func run() async throws {
    guard (1...4).contains(jobs) else { throw refuse("--jobs must be between 1 and 4, not \(jobs)") }
    guard !products.isEmpty else { throw refuse("name at least one product, .json, .csv or .gpkg file") }
    var options = Fetch.Options(folder: try LocalPlace.folder(output, "--output"))
    options.jobs = jobs
    options.usesS3 = usesS3
    options.keepsArchives = zipped
    if let catalogue { options.catalogue = catalogue }
    if let download { options.download = download }
    if let identity { options.identity = identity }
    let observer = ConsoleObserver(
      style: ProgressStyle.chosen(progress, quiet: quiet), minimum: quiet ? .error : .notice)
    let credentials = usesS3 ? nil : try FetchCredentials.ofEnvironment() ?? Self.ask()
    NetworkAccess.allow(for: products)
    let fetch = try Fetch(options, credentials: credentials, observer: observer)
    let items: [FetchItem]
    do { items = try fetch.find(products.map(HiddenURLs.whole)) } catch let error as FloeError {
      // A catalogue that does not answer makes no request wrong: another attempt may succeed.
      if HTTPClient.hasMetPassingFailure { throw error }
      throw refuse(error.message)
    }
    observer.began(step: "fetch", what: "fetch")
    let clock = ContinuousClock.now
    let outcomes = try await fetch.run(items, cancellation: Interrupt.cancellation)
    observer.ended(step: "fetch", seconds: Double((ContinuousClock.now - clock).components.seconds))
    if json { try Self.tell(outcomes, options.folder) }
    for outcome in outcomes where outcome.failure == nil && !quiet && !json {
      let how = outcome.wasThere ? "there already" : "fetched"
      print("\(outcome.path)  \(how)\(outcome.verified.isEmpty ? "" : " (\(outcome.verified))")")
    }
    let failed = outcomes.compactMap(\.failure)
    for sentence in failed { Terminal.error("error: \(sentence)") }
    if !failed.isEmpty { throw ExitCode(1) }
  }

  /// Prints what became of the products, for programs.
  private static func tell(_ outcomes: [Fetch.Outcome], _ folder: String) throws {
    let products = outcomes.map { outcome -> JSONValue in
      let state = outcome.failure != nil ? "failed" : outcome.wasThere ? "there" : "fetched"
      return [
        "path": .string(outcome.path), "state": .string(state), "verified": .string(outcome.verified),
        "message": .string(outcome.failure ?? ""),
      ]
    }
    Terminal.json(
      try JSONText.encode(["folder": .string(folder), "products": .array(products)], pretty: true))
  }

  /// Asks on the terminal; nil where there is none, since not every product needs an account.
  private static func ask() throws -> FetchCredentials? {
    guard isatty(0) == 1, isatty(2) == 1 else { return nil }
    func line(_ prompt: String) -> String {
      FileHandle.standardError.write(Data(prompt.utf8))
      return readLine() ?? ""
    }
    let user = line("user at dataspace.copernicus.eu: ")
    guard !user.isEmpty else { return nil }
    var old = termios()
    tcgetattr(0, &old)
    var silent = old
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(0, TCSAFLUSH, &silent)
    let password = line("password: ")
    tcsetattr(0, TCSAFLUSH, &old)
    FileHandle.standardError.write(Data("\n".utf8))
    return FetchCredentials(user: user, password: password)
  }
}
