internal import CGDAL
import FloeCore

/// An element of an XML document as a value: its name, attributes, children and text.
public struct XMLNode: Sendable, Hashable {
  /// The name without namespace prefix.
  public let name: String
  /// The attributes by their name without namespace prefix.
  public let attributes: [String: String]
  /// The elements inside, in order.
  public let children: [XMLNode]
  /// The text directly inside, without that of children, spaces at both ends cut.
  public let text: String

  /// Reads a document from its text; `name` stands for it in the error's sentence.
  public init(parsing document: String, name: String = "the XML text") throws {
    let root: XMLNode? = try GDALMessages.collect { messages in
      guard let tree = CPLParseXMLString(document) else { throw FloeError("\(name) is not XML: \(messages.reason)") }
      defer { CPLDestroyXMLNode(tree) }
      if let failure = messages.failures.first { throw FloeError("\(name) is not XML: \(failure)") }
      var node: UnsafeMutablePointer<CPLXMLNode>? = tree
      while let current = node {
        if current.pointee.eType == CXT_Element, current.pointee.pszValue.pointee != CChar(UInt8(ascii: "?")) {
          return try XMLNode(current, depth: 0, document: name)
        }
        node = current.pointee.psNext
      }
      return nil
    }
    guard let root else { throw FloeError("\(name) is not XML: it has no element") }
    self = root
  }

  /// Reads a document from a file under any path that GDAL reads.
  public init(file path: String) throws {
    // Metadata of products have at most a few megabytes; a document takes about four times its size in memory, and an
    // archive of half a megabyte can unpack to a thousand times that.
    let size = try VirtualFile.size(path)
    guard size <= 64 << 20 else {
      throw FloeError("'\(path)' has \(size) bytes; XML documents of up to \(64 << 20) bytes are read")
    }
    try self.init(parsing: VirtualFile.readText(path), name: "'\(path)'")
  }

  /// The first element inside of that name.
  public func first(_ name: String) -> XMLNode? { children.first { $0.name == name } }
  /// All elements inside of that name.
  public func all(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }
  /// The first element along a path of names, for example `["General_Info", "Product_Info"]`.
  public func at(_ path: [String]) -> XMLNode? {
    var node: XMLNode? = self
    for name in path { node = node?.first(name) }
    return node
  }
  /// The first element along a path of names divided by `/`.
  public func at(_ path: String) -> XMLNode? { at(path.split(separator: "/").map(String.init)) }
  /// The first element of that name at any depth, this one included.
  public func descendant(_ name: String) -> XMLNode? {
    if self.name == name { return self }
    for child in children { if let found = child.descendant(name) { return found } }
    return nil
  }
  /// All elements of that name at any depth, in order of the document, this one included.
  public func descendants(_ name: String) -> [XMLNode] {
    (self.name == name ? [self] : []) + children.flatMap { $0.descendants(name) }
  }
  /// The text as a number; nil for anything else.
  public var number: Double? { Double(text) }

  private init(_ pointer: UnsafePointer<CPLXMLNode>, depth: Int, document: String) throws {
    guard depth < 512 else { throw FloeError("\(document) nests XML elements deeper than 512") }
    var attributes: [String: String] = [:]
    var children: [XMLNode] = []
    var text = ""
    var next = UnsafePointer(pointer.pointee.psChild)
    while let node = next {
      let value = String(cString: node.pointee.pszValue)
      switch node.pointee.eType {
      case CXT_Attribute:
        if let content = node.pointee.psChild {
          attributes[Self.local(value)] = String(cString: content.pointee.pszValue)
        }
      case CXT_Element: children.append(try XMLNode(node, depth: depth + 1, document: document))
      case CXT_Text: text += value
      default: break
      }
      next = UnsafePointer(node.pointee.psNext)
    }
    self.name = Self.local(String(cString: pointer.pointee.pszValue))
    self.attributes = attributes
    self.children = children
    self.text = Self.trimmed(text)
  }

  private static func local(_ name: String) -> String {
    name.lastIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
  }

  private static func trimmed(_ text: String) -> String {
    guard let first = text.firstIndex(where: { !$0.isWhitespace }),
      let last = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(text[first...last])
  }
}
