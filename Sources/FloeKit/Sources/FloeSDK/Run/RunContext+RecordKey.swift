extension RunContext {
  /// Keeps a fact of the vocabulary for the record, provenance and summary.
  public func record(_ key: RecordKey, _ value: JSONValue) { record(key.rawValue, value) }
}
