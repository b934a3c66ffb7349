internal import CGDAL

/// A list of C strings as GDAL takes it.
typealias CStringList = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// Passes `items` as a null-terminated C list; nil stays nil.
func withStringList<R>(_ items: [String]?, _ body: (CStringList?) throws -> R) rethrows -> R {
  guard let items else { return try body(nil) }
  var list: CStringList?
  for item in items { list = CSLAddString(list, item) }
  defer { CSLDestroy(list) }
  return try body(list)
}
