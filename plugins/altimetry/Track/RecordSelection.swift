import FloeSDK

/// Which records take part in a classification of sea ice.
enum RecordSelection: String, ChoiceParameter {
  case surface
  case esaFlag = "esa_flag"
  case none

  /// Marks the rows that do not take part.
  func mark(_ table: inout Table, minimumConcentration: Double) throws(FloeError) {
    switch self {
    case .none: return
    case .surface:
      let surface = try Self.column(table, "surf_type_20_ku")
      let ice =
        Self.knowsNoConcentration(table)
        ? [Double](repeating: 100, count: table.rowCount) : try Self.percent(table)
      let percent =
        minimumConcentration == minimumConcentration.rounded()
        ? "\(Int(minimumConcentration))" : "\(minimumConcentration)"
      for row in 0..<table.rowCount {
        if surface[row].isNaN {
          table.status.drop(row, because: "surface type missing")
        } else if surface[row] != 0 {
          table.status.drop(row, because: "not ocean (surf_type_20_ku: enclosed water, land ice or land)")
        } else if ice[row].isNaN {
          table.status.drop(row, because: "sea-ice concentration missing")
        } else if ice[row] < minimumConcentration {
          table.status.drop(row, because: "sea-ice concentration below \(percent) %")
        }
      }
    case .esaFlag:
      let flag = try Self.column(table, Self.flag(table))
      for row in 0..<table.rowCount where !(flag[row] == 1 || flag[row] == 2) {
        table.status.drop(row, because: "ESA's class is neither sea ice nor lead")
      }
    }
  }

  /// Refuses a track without the columns that the choice rests on.
  func check(_ table: Table) throws(FloeError) {
    switch self {
    case .none: break
    case .surface:
      _ = try Self.column(table, "surf_type_20_ku")
      if !Self.knowsNoConcentration(table) { _ = try Self.column(table, Self.concentration) }
    case .esaFlag: _ = try Self.column(table, Self.flag(table))
    }
  }

  private static let concentration = "sea_ice_concentration_20_ku"

  /// The concentration in percent.
  private static func percent(_ table: Table) throws(FloeError) -> [Double] {
    let values = try column(table, concentration)
    return isShare(table) ? values.map { $0 * 100 } : values
  }

  /// Whether the track has the concentration as a share of one, as `altimetry.classify` takes it too: its unit is not
  /// percent, and no value is above 1.
  static func isShare(_ table: Table) -> Bool {
    guard let column = table[concentration], !["percent", "%"].contains(column.unit.rawValue),
      let top = column.numbers?.filter({ $0.isFinite }).max()
    else { return false }
    return top > 0 && top <= 1
  }

  /// Whether the track comes from a product without sea-ice concentration: CryoSat-2's level 1B.
  static func knowsNoConcentration(_ table: Table) -> Bool {
    table[concentration] == nil && table.acquisition?.instrument == "SIRAL"
  }

  private static func flag(_ table: Table) -> String {
    table[.esaClass] == nil ? "surf_type_class_20_ku" : ColumnName.esaClass.rawValue
  }

  private static func column(_ table: Table, _ name: String) throws(FloeError) -> [Double] {
    guard let values = table[name]?.numbers else {
      let origin = table.acquisition?.instrument == "SIRAL" ? "" : " (it is in SR_2_LAN_SI)"
      throw FloeError(
        """
        records cannot be chosen: the track has no column '\(name)'\(origin); read it, or give \
        select: none
        """
      )
    }
    return values
  }
}
