import FloeIO
import FloeSDK
import Foundation
import Synchronization

/// Fetches products into a folder, several at once, each whole or not at all.
///
/// A product's archive grows in `.NAME.part` beside its place, from which a later call goes on where the server's file
/// is still the same; it gets its name once it is whole, with the size and checksum that the catalogue gives.
public final class Fetch: Sendable {
  /// What is fetched from where.
  public struct Options: Sendable {
    /// The folder for the products.
    public var folder: String
    /// The OData service that knows products by name.
    public var catalogue = "https://catalogue.dataspace.copernicus.eu/odata/v1"
    /// The OData service that hands them out.
    public var download = "https://download.dataspace.copernicus.eu/odata/v1"
    /// The identity service.
    public var identity = "https://identity.dataspace.copernicus.eu/auth/realms/CDSE/protocol/openid-connect/token"
    /// Products at once; the Data Space allows four connections.
    public var jobs = 4
    /// From the object store (`s3://`) with keys in AWS's variables, file by file.
    public var usesS3 = false
    /// Archives stay as they are; else those of Sentinel-3 are unpacked, since netCDF is read from folders.
    public var keepsArchives = false

    /// The Copernicus Data Space.
    public init(folder: String) { self.folder = folder }
  }

  /// What became of one product.
  public struct Outcome: Sendable {
    /// Its file or folder.
    public let path: String
    /// Whether it was there before.
    public let wasThere: Bool
    /// What it was compared with: size, MD5.
    public let verified: String
    /// Why it could not be fetched; nil for one that is there now.
    public let failure: String?
  }

  private let options: Options
  private let token: AccessToken?
  private let observer: any RunObserver
  private let done = Mutex(0)
  private let total = Mutex(0)

  /// Prepares to fetch; no server is contacted yet.
  public init(_ options: Options, credentials: FetchCredentials?, observer: any RunObserver) throws {
    self.options = options
    self.observer = observer
    NetworkAccess.allow(for: [options.catalogue, options.download, options.identity])
    for service in [options.catalogue, options.download, options.identity] {
      guard try RemotePath.resolve(service) != nil else {
        throw FloeError("'\(RemotePath.redacted(service))' is no https:// address")
      }
    }
    token = credentials.map { AccessToken(service: options.identity, credentials: $0) }
  }

  /// The products that words name: names, URLs, answers of catalogues (`.json`), tables (`.csv`, `.gpkg`).
  public func find(_ words: [String]) throws -> [FetchItem] {
    try FetchList(catalogue: options.catalogue, download: options.download).items(words)
  }

  /// Fetches them; one that fails harms no other.
  public func run(_ items: [FetchItem], cancellation: Cancellation) async throws -> [Outcome] {
    try Folder.make(options.folder)
    let pool = WorkerPool(workers: max(1, min(options.jobs, items.count)))
    total.withLock { $0 = items.reduce(0) { $0 + ($1.size ?? 0) } }
    return try await pool.map(items.count, cancellation: cancellation) { i in
      do { return try self.fetch(items[i], cancellation) } catch let error as FloeError {
        return Outcome(path: items[i].name, wasThere: false, verified: "", failure: RemotePath.scrubbed(error.message))
      }
    }
  }

  private func fetch(_ item: FetchItem, _ cancellation: Cancellation) throws -> Outcome {
    if options.usesS3 { return try copy(item, cancellation) }
    guard let url = item.url else { throw FloeError("\(item.name): the catalogue gives no address of it; try --s3") }
    let isProduct = item.name.hasSuffix(".SAFE") || item.name.hasSuffix(".SEN3")
    let isUnpacked = item.name.hasSuffix(".SEN3") && !options.keepsArchives
    let archive = isProduct ? item.name + ".zip" : item.name
    let place = "\(options.folder)/\(archive)"
    let target = isUnpacked ? "\(options.folder)/\(item.name)" : place
    if isUnpacked, Folder.isFolder(target) {
      return Outcome(path: target, wasThere: true, verified: "as it was unpacked", failure: nil)
    }
    let isNew = FileState(of: place) == nil
    if isNew {
      try download(try item.address(url, service: options.catalogue), item, to: place, cancellation)
    } else if let wrong = try mismatch(place, item) {
      throw FloeError("\(place) is there already and is not what the catalogue has (\(wrong)); remove it first")
    } else if !isUnpacked {
      return Outcome(path: place, wasThere: true, verified: words(item), failure: nil)
    }
    if isUnpacked {
      do { try Unpacking.unpack(place, to: target, named: item.name) } catch {
        // What this call fetched goes with its failure, so that the next one begins anew; what lay here stays.
        guard isNew else { throw FloeError("\(error); it was there already, remove it first") }
        unlink(place)
        throw FloeError("\(error); it was thrown away")
      }
    }
    return Outcome(path: target, wasThere: false, verified: words(item), failure: nil)
  }

  private func words(_ item: FetchItem) -> String {
    let known = [item.size.map { _ in "size" }, item.md5.map { _ in "MD5" }, item.sha256.map { _ in "SHA-256" }]
      .compactMap { $0 }
    return known.isEmpty ? "the catalogue tells neither size nor checksum" : known.joined(separator: " and ")
  }

  /// What of a file differs from the catalogue; nil for nothing.
  private func mismatch(_ path: String, _ item: FetchItem) throws -> String? {
    let size = try VirtualFile.size(path)
    if let wanted = item.size, size != wanted { return "\(size) bytes, the catalogue says \(wanted)" }
    if let wanted = item.md5, let found = try FileDigest.hexadecimal(of: path, algorithm: "MD5"), found != wanted {
      return "the MD5 \(found), the catalogue says \(wanted)"
    }
    guard let wanted = item.sha256 else { return nil }
    let found = try Fingerprint.sha256(ofFile: path)
    return found == wanted ? nil : "the SHA-256 \(found), the catalogue says \(wanted)"
  }

  /// Whether an address is one of the service's that the account is for: the same server, and a path in its own.
  static func isOwn(_ url: String, of service: String) -> Bool {
    var own = Substring(service)
    while own.hasSuffix("/") { own = own.dropLast() }
    guard url.hasPrefix(own) else { return false }
    let next = url.dropFirst(own.count).first
    return next == nil || next == "/" || next == "?"
  }

  // MARK: Over HTTP

  private func download(_ url: String, _ item: FetchItem, to place: String, _ cancellation: Cancellation) throws {
    guard let path = try RemotePath.resolve(url), path.hasPrefix("/vsicurl/"), !url.lowercased().hasPrefix("s3://")
    else {
      let hint = url.lowercased().hasPrefix("s3://") ? "; give --s3" : ""
      throw FloeError("\(item.name): '\(RemotePath.redacted(url))' is no https:// address\(hint)")
    }
    // The account is the Data Space's and shown to no other server.
    let isOwn = Self.isOwn(url, of: options.download)
    guard !isOwn || token != nil else {
      throw FloeError(
        "\(item.name): \(RemotePath.shown(options.identity)) gives no access without an account: set CDSE_USERNAME and "
          + "CDSE_PASSWORD")
    }
    let part = try PartFile(of: place, name: item.name)
    defer { if part.count == 0 { part.discard() } }
    let fetching = Download(
      item, from: RemotePath.whole(path), token: isOwn ? token : nil, into: part, cancellation: cancellation,
      progress: { bytes in self.count(bytes) })
    try fetching.run()
    if let wrong = try mismatch(part.path, item) {
      part.discard()
      throw FloeError("\(item.name) came with \(wrong); it was thrown away")
    }
    if place.hasSuffix(".zip"), try !Unpacking.isArchive(part.path) {
      part.discard()
      throw FloeError("\(item.name): what the server sent is no zip archive; it was thrown away")
    }
    if WebPage.isOne(try VirtualFile.read(part.path, limit: 512), type: nil, name: place) {
      part.discard()
      throw FloeError("\(item.name): \(WebPage.sentence); it was thrown away")
    }
    try part.finish(as: place)
  }

  private func count(_ bytes: Int) {
    let now = done.withLock { sum in
      sum += bytes
      return sum
    }
    let all = total.withLock { $0 }
    if all > 0 { observer.progress(step: "fetch", done: min(now, all) >> 20, total: max(1, all >> 20), unit: "MB") }
  }

  // MARK: From an object store

  /// Copies a product's folder file by file; GDAL signs with AWS's variables and profiles.
  private func copy(_ item: FetchItem, _ cancellation: Cancellation) throws -> Outcome {
    guard let s3 = item.s3, let place = try RemotePath.resolve(s3) else {
      throw FloeError("\(item.name): the catalogue gives no place in an object store")
    }
    let target = "\(options.folder)/\(item.name)"
    if VirtualFile.exists(target) { return Outcome(path: target, wasThere: true, verified: "", failure: nil) }
    let listed = RemotePath.listed(place)
    try RemoteInput.check(listed)
    let making = try TemporaryFolder(in: options.folder)
    if VirtualFile.isDirectory(listed) {
      for name in try VirtualFile.list(listed, recursive: true) {
        try cancellation.check()
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
          throw FloeError("\(item.name) holds '\(name)', which would lie outside of its folder")
        }
        let to = "\(making.path)/\(item.name)/\(name)"
        if name.hasSuffix("/") {
          try Folder.make(to)
        } else {
          try Folder.make(Folder.parent(of: to))
          try VirtualFile.extract("\(place)/\(name)", to: to)
          count(try VirtualFile.size(to))
        }
      }
    } else {
      try VirtualFile.extract(place, to: "\(making.path)/\(item.name)")
    }
    if let failure = NetworkTraffic.failure { throw FloeError(failure) }
    let verified = try verify("\(making.path)/\(item.name)", item)
    try making.publish()
    return Outcome(path: target, wasThere: false, verified: verified, failure: nil)
  }

  /// Compares the files of a product's folder with its manifest, where that tells their checksums.
  ///
  /// - Returns: what they were compared with.
  private func verify(_ folder: String, _ item: FetchItem) throws -> String {
    guard let manifest = try ProductManifest(folder: folder), manifest.gap == nil else { return "size of each file" }
    for (file, entry) in manifest.entries.sorted(by: { $0.key < $1.key }) {
      let path = "\(folder)/\(file)"
      guard VirtualFile.exists(path) else {
        if ProductManifest.isForPeople(file) { continue }
        throw FloeError("\(item.name) came without '\(file)', which its manifest lists; it was thrown away")
      }
      guard let sum = entry.checksum else { continue }
      let found = try FileDigest.hexadecimal(of: path, algorithm: sum.name)
      guard found == sum.value else {
        throw FloeError(
          "\(item.name): '\(file)' came with another \(sum.name) checksum than its manifest says; it was thrown away")
      }
    }
    return "checksums of its manifest"
  }
}
