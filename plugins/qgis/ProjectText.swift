import FloeSDK

/// Writes a project in the shape that QGIS 3.22 reads.
enum ProjectText {
  static func make(title: String, layers: [ProjectLayer], view: ProjectView) -> String {
    var hasImage = false
    func node(_ layer: ProjectLayer) -> String {
      // Classes lie half-transparent on the first image; probabilities would hide both.
      let isOn = layer.group == .vectors || layer.group == .classes || layer.group == .images && !hasImage
      if layer.group == .images { hasImage = true }
      let provider = layer.geometry == nil ? "gdal" : "ogr"
      return
        """
              <layer-tree-layer id="\(layer.id)" name="\(escaped(layer.name))" \
        source="\(escaped(layer.source))" providerKey="\(provider)" \
        checked="\(isOn ? "Qt::Checked" : "Qt::Unchecked")" expanded="\(isOn ? 1 : 0)"/>
        """
    }
    let nodes = ProjectGroup.allCases.compactMap { group -> String? in
      let own = layers.filter { $0.group == group }
      if own.isEmpty { return nil }
      return """
            <layer-tree-group name="\(group.title)" checked="Qt::Checked" expanded="1">
        \(own.map(node).joined(separator: "\n"))
            </layer-tree-group>
        """
    }
    let e = view.extent
    return """
      <!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
      <qgis projectname="\(escaped(title))" version="3.22.0">
        <title>\(escaped(title))</title>
        <projectCrs>
          \(system(view.crs))
        </projectCrs>
        <layer-tree-group>
      \(nodes.joined(separator: "\n"))
        </layer-tree-group>
        <mapcanvas name="theMapCanvas">
          <units>meters</units>
          \(extent(e))
          <rotation>0</rotation>
          <destinationsrs>
            \(system(view.crs))
          </destinationsrs>
        </mapcanvas>
        <projectlayers>
      \(layers.map(layer).joined(separator: "\n"))
        </projectlayers>
        <layerorder>
      \(layers.map { "    <layer id=\"\($0.id)\"/>" }.joined(separator: "\n"))
        </layerorder>
        <properties>
          <Paths><Absolute type="bool">false</Absolute></Paths>
          <SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>
        </properties>
        <ProjectViewSettings UseProjectScales="0">
          <Scales/>
          <DefaultViewExtent xmin="\(e.minX)" ymin="\(e.minY)" xmax="\(e.maxX)" ymax="\(e.maxY)">
            \(system(view.crs))
          </DefaultViewExtent>
        </ProjectViewSettings>
      </qgis>

      """
  }

  private static func layer(_ layer: ProjectLayer) -> String {
    let kind = layer.geometry.map { "geometry=\"\($0)\" type=\"vector\" wkbType=\"\($0)\"" } ?? "type=\"raster\""
    let srs = layer.crs.map { "      <srs>\(system($0))</srs>\n" } ?? ""
    let provider = layer.geometry == nil ? "gdal" : "ogr"
    return """
          <maplayer \(kind) hasScaleBasedVisibilityFlag="0" autoRefreshEnabled="0">
            \(layer.extent.map(extent) ?? "")
            <id>\(layer.id)</id>
            <datasource>\(escaped(layer.source))</datasource>
            <layername>\(escaped(layer.name))</layername>
            <abstract>\(escaped(layer.abstract))</abstract>
      \(srs)      <provider encoding="UTF-8">\(provider)</provider>
            <resourceMetadata><identifier>\(escaped(layer.source))</identifier><type>dataset</type>\
      <title>\(escaped(layer.name))</title><abstract>\(escaped(layer.abstract))</abstract></resourceMetadata>
            \(layer.style)
      \(layer.fields)
          </maplayer>
      """
  }

  private static func extent(_ b: Bounds) -> String {
    "<extent><xmin>\(b.minX)</xmin><ymin>\(b.minY)</ymin><xmax>\(b.maxX)</xmax><ymax>\(b.maxY)</ymax></extent>"
  }

  private static func system(_ crs: CRS) -> String {
    // QGIS knows registered systems by their code; it looks at the code where an `srsid` above 0 says that the system
    // is no user's own, and then at nothing else. The text is left out: PROJ writes it differently from run to run.
    if let code = crs.code {
      return "<spatialrefsys nativeFormat=\"Wkt\"><srsid>1</srsid><authid>\(escaped(code))</authid></spatialrefsys>"
    }
    return "<spatialrefsys nativeFormat=\"Wkt\"><wkt>\(escaped(crs.wkt))</wkt></spatialrefsys>"
  }

  private static func escaped(_ text: String) -> String { TextEscape.xml(text) }
}
