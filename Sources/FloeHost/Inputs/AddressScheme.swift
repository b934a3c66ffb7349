import FloeIO

/// Addresses of kinds that floe does not read (`ftp://`, `gs://`), which would else be taken for paths of the disk.
public enum AddressScheme {
  /// The sentence about an address that is not read; nil for a path, and for an address that is.
  public static func refusal(_ text: String) -> String? {
    guard let end = text.firstRange(of: "://"), !RemotePath.isURL(text) else { return nil }
    let scheme = text[..<end.lowerBound]
    guard let first = scheme.first, first.isASCII, first.isLetter,
      scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+.-".contains($0)) }),
      // A folder may have a colon at the end of its name.
      FileState(of: text) == nil
    else { return nil }
    let rest = text[end.upperBound...].drop { $0 != "/" }
    let hint =
      scheme.lowercased() == "file" && !rest.isEmpty
      ? "give the path alone, \(RemotePath.decoded(String(rest)))"
      : "https://, s3:// and paths of the disk are read"
    // What stands before an @ or after a question mark may be a secret.
    let shown = text.contains("@") ? "\(scheme)://..." : String(text.prefix { $0 != "?" })
    return "'\(shown)' is an address of a kind that is not read, \(scheme)://; \(hint)"
  }
}
