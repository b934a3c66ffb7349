/// Where labels go as they are found, block by block, perhaps from several threads.
public protocol LabelKeeper: Sendable {
  /// Takes the labels of a block, 255 for samples left out; a later call for the same block replaces them.
  func keep(block: Int, _ labels: [UInt8]) throws
  /// Changes a block's kept labels: first each label `i` to `recoded[i]`, where that is given, then those at some
  /// places.
  func amend(block: Int, recoded: [UInt8]?, places: [UInt32], labels: [UInt8]) throws
}
