internal import CGDAL
import FloeCore
import Synchronization

/// What this process has read over the network.
public enum NetworkTraffic {
  private static let ownBytes = Atomic<Int>(0)
  private static let ownRequests = Atomic<Int>(0)
  private static let broken = Mutex<String?>(nil)

  static func count(requests: Int, bytes: Int) {
    ownRequests.add(requests, ordering: .relaxed)
    ownBytes.add(bytes, ordering: .relaxed)
  }

  /// Bytes of content and requests so far, those of GDAL's own file systems (`/vsis3/`) included.
  public static var total: (bytes: Int, requests: Int) {
    var bytes = ownBytes.load(ordering: .relaxed)
    var requests = ownRequests.load(ordering: .relaxed)
    guard NetworkPolicy.isOpen, let told = VSINetworkStatsGetAsSerializedJSON(nil) else { return (bytes, requests) }
    defer { VSIFree(told) }
    // Statistics that cannot be read leave only the count short.
    let json = try? JSONText.decode(String(cString: told), name: "GDAL's statistics")
    for (_, method) in json?["methods"]?.objectValue ?? [:] {
      requests += method["count"]?.intValue ?? 0
      bytes += method["downloaded_bytes"]?.intValue ?? 0
    }
    return (bytes, requests)
  }

  /// A failure of the network that a question with no room for it (is there such a file?) met; nil where there was
  /// none.
  ///
  /// What was concluded since rests on it, so a run must not end well: the host asks before it takes a plan or puts
  /// outputs in place.
  public static var failure: String? { broken.withLock { $0 } }

  /// A sentence about what ended a step, or the one about the network where it does not tell that: what was concluded
  /// after such a failure, such as that a file is missing, rests on it.
  public static func cause(of sentence: String) -> String {
    guard let failure, !sentence.contains(failure) else { return sentence }
    return failure
  }

  static func fail(_ sentence: String) { broken.withLock { $0 = $0 ?? sentence } }
}
