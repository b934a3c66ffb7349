/// What a batch writes beside the folders of its scenes.
enum BatchFiles {
  /// The ledger, from which a later call goes on.
  static let ledger = "batch.jsonl"
  /// The files over all scenes: for programs, for people, for catalogues.
  static let summaries = ["summary.csv", "summary.html", "catalog.json"]
}
