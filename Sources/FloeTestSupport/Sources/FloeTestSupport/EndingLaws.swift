import FloeSDK

/// The laws about runs that end early: by cancellation, or by an input that fails.
extension StepLaws {
  /// A step that spreads work ends with `Cancelled` when the run is over before it starts.
  func cancellation() async throws -> [String] {
    let surroundings = try StepHarness(circumstances)
    let cancelled = Cancellation()
    _ = try await outputs(surroundings.run(), ports)
    cancelled.cancel()
    return try await ending("cancellation") { late in
      _ = try await outputs(late.run(workers: 2, cancellation: cancelled), ports)
      if surroundings.progressCalls > 0 { return "\(name) does all its work although the run was cancelled" }
      return nil
    }
  }

  /// A step that is cancelled while it works ends with `Cancelled`, or with its work done; nothing stays in scratch.
  func cancellationInTheMiddle() async throws -> [String] {
    var broken: [String] = []
    for sound in [0, 3] {
      let switched = Cancellation()
      let given = ports.mapValues { $0.map { $0.faulty(sound: sound, cancelling: switched).data } }
      broken += try await ending("cancellation", cancelling: sound == 0 ? switched : nil) { late in
        _ = try await outputs(late.run(workers: 2, memory: 0, cancellation: switched), given).mapValues {
          try $0.content()
        }
        return nil
      }
    }
    return broken
  }

  /// A raster that cannot be read ends the step, or the reading of its result, with the reason; nothing stays in
  /// scratch.
  func failure() async throws -> [String] {
    var broken: [String] = []
    for sound in [0, 1, 4] {
      let faulty = ports.mapValues { $0.map { $0.faulty(sound: sound) } }
      let sources = faulty.values.joined().compactMap(\.source)
      if sources.isEmpty { return [] }
      broken += try await ending("an input that fails", allowed: FaultySource.complaint) { late in
        _ = try await outputs(late.run(workers: 2, memory: 0), faulty.mapValues { $0.map(\.data) }).mapValues {
          try $0.content()
        }
        return sources.contains { $0.faults > 0 } ? "\(name) goes on although an input cannot be read" : nil
      }
    }
    return broken
  }

  /// Runs something that may end early, and looks at how it ended and at what it left behind.
  private func ending(
    _ what: String, allowed: String? = nil, cancelling: Cancellation? = nil,
    _ body: (StepHarness) async throws -> String?
  ) async throws -> [String] {
    var broken: [String] = []
    let surroundings = try StepHarness(circumstances, cancelling: cancelling)
    do {
      if let sentence = try await body(surroundings) { broken.append(sentence) }
    } catch is Cancelled where allowed == nil {
    } catch is CancellationError where allowed == nil {
    } catch {
      if allowed.map({ "\(error)".contains($0) }) != true { broken.append("\(name) answers \(what) with '\(error)'") }
    }
    let left = try surroundings.leftovers
    if !left.isEmpty { broken.append("\(name) leaves \(left.joined(separator: ", ")) in scratch after \(what)") }
    return broken
  }
}

extension PortData {
  /// The value over a source that fails, or cancels the run, after some reads; tables and models as they are.
  fileprivate func faulty(sound: Int, cancelling: Cancellation? = nil) -> (data: PortData, source: FaultySource?) {
    guard case .raster(let raster) = self else { return (self, nil) }
    let source = FaultySource(raster.source, sound: sound, cancelling: cancelling)
    return (.raster(Raster(raster.spec, source: source)), source)
  }
}
