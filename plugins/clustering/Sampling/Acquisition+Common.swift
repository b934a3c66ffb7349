import FloeSDK

extension Acquisition {
  /// What all scenes have in common; the mean of the sun's zenith angle.
  static func common(_ all: [Acquisition?]) -> Acquisition? {
    guard let first = all.first ?? nil, !all.contains(where: { $0 == nil }) else { return nil }
    let known = all.compactMap { $0 }
    func shared<T: Equatable>(_ value: (Acquisition) -> T?) -> T? {
      known.allSatisfy { value($0) == value(first) } ? value(first) : nil
    }
    let angles = known.compactMap(\.sunZenith).sorted()
    return Acquisition(
      product: shared(\.product), time: shared(\.time), platform: shared(\.platform), instrument: shared(\.instrument),
      level: shared(\.level), baseline: shared(\.baseline),
      sunZenith: angles.count == known.count ? angles.reduce(0, +) / Double(angles.count) : nil)
  }
}
