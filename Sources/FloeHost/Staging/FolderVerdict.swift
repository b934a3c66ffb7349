/// What is to happen to the files that a run finds in its output folder.
struct FolderVerdict {
  /// Files of the older run that the new one does not make; they go when it is put in place.
  var leftovers: [String] = []
  /// Files of single steps that stay, and that the new record has to name.
  var kept: [FolderRecord.Written] = []
  /// A sentence for each file that forbids the run.
  var refusals: [String] = []
}
