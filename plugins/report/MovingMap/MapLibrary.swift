import FloeIO
import FloeSDK

/// Leaflet, the JavaScript library of the interactive map: read where floe's package or Debian's puts it, and set into
/// the page.
struct MapLibrary: Sendable {
  let script: String
  let style: String
  /// `1.7.1`; empty where the file does not say.
  let version: String

  static let absent =
    "the report has no interactive map, since Leaflet is not installed; on Debian: apt-get install libjs-leaflet"
  /// Of version 1, whose programming interface the map uses.
  static let license = """
    Leaflet, a JavaScript library for interactive maps. Copyright 2010-2019 Vladimir Agafonkin, 2010-2011 CloudMade. \
    All rights reserved.

    Redistribution and use in source and binary forms, with or without modification, are permitted provided that the
    following conditions are met:

    1. Redistributions of source code must retain the above copyright notice, this list of conditions and the
       following disclaimer.
    2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the
       following disclaimer in the documentation and/or other materials provided with the distribution.

    THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES,
    INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
    DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
    SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
    SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
    WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
    OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
    """

  /// The installed library; nil when there is none.
  static func find() throws -> MapLibrary? {
    for folder in ScriptLibrary.folders(of: "leaflet") {
      let names = ["leaflet.min.js", "leaflet.js"]
      guard let name = names.first(where: { VirtualFile.exists("\(folder)/\($0)") }),
        VirtualFile.exists("\(folder)/leaflet.css")
      else { continue }
      let script = try VirtualFile.readText("\(folder)/\(name)")
      // Markup ends a script wherever it stands.
      guard !script.contains("</script"), script.contains("svgOverlay") else { continue }
      let style = try VirtualFile.readText("\(folder)/leaflet.css")
      return MapLibrary(script: withoutLinks(script), style: withoutPictures(style), version: version(script))
    }
    return nil
  }

  /// The style without pictures from other files: they belong to controls that the page does not use.
  private static func withoutPictures(_ style: String) -> String {
    style.replacing(#/url\([^)]*\)/#, with: "none").replacing("</style", with: "")
  }
  /// A script without the comment that leads browsers' tools to another file.
  private static func withoutLinks(_ script: String) -> String {
    script.replacing(#/\/\/# sourceMappingURL=\S*/#, with: "")
  }
  /// The version that a script gives as `version="1.7.1"`.
  private static func version(_ script: String) -> String {
    (script.firstMatch(of: #/version\s*=\s*"([0-9.]+)/#)?.output.1).map(String.init) ?? ""
  }
}
