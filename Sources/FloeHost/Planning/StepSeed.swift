/// Seeds of the parts of a run.
enum StepSeed {
  /// A step's or output's own seed: the run's, mixed with its name (FNV-1a), so that they do not share their random
  /// numbers.
  static func mixed(_ seed: UInt64, with name: String) -> UInt64 {
    name.utf8.reduce(seed ^ 0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
