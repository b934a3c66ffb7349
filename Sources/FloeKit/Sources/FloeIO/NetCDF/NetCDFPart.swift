/// A netCDF file, or a part of it as GDAL names it, opened by the library.
struct NetCDFPart {
  /// The file, without the name of a part of it.
  let path: String
  /// The part's name; empty for the whole file.
  let part: String
  /// Nil for a file in an archive, which the library cannot open.
  let file: NetCDFFile?

  /// - Throws: when the library cannot open a file that is not in an archive.
  init(path: String) throws {
    let name = DatasetName(path)
    self.path = name?.file ?? path
    part = name?.part ?? ""
    let isArchived = self.path.hasPrefix("/vsi") && !RemotePath.isRemote(self.path)
    if isArchived { try ClassicNetCDFCheck.check(self.path) }
    file = try isArchived ? nil : NetCDFFile.open(self.path)
  }
}
