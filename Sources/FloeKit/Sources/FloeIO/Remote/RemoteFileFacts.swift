/// What a web server says of a file or folder.
struct RemoteFileFacts: Sendable {
  let size: Int
  /// The entity tag, weak ones left out since they do not promise the same bytes.
  let etag: String?
  let modified: String?
  let isFolder: Bool
}
