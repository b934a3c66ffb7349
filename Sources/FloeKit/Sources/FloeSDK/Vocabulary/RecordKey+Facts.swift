// The facts that steps record and other modules read: the report, the summary of a run, batches, the demonstration.
// Keys of facts are in snake_case and end with the unit where there is one; names of classes, bands and columns may be
// keys inside of a fact, sentences may not.

// MARK: - Facts

extension RecordKey {
  /// The areas of the classes of a raster, a list with `code`, `name`, `label`, `pixels`, `area_km2` and `share`.
  public static let classAreas = RecordKey(rawValue: "class_areas")
  /// The records of the classes of a table, a list with `code`, `name` and `records`; classes without records are left
  /// out.
  public static let classCounts = RecordKey(rawValue: "class_counts")
  /// Number, size, centre and spread of each cluster in physical units, a list.
  public static let clusters = RecordKey(rawValue: "clusters")
  /// The numbers of clusters that were tried with their criterion, a list.
  public static let clusterChoice = RecordKey(rawValue: "cluster_choice")
  /// Why clusters have their names, a list of sentences.
  public static let naming = RecordKey(rawValue: "naming")
  /// The figures on which names rest, an object by class.
  public static let evidence = RecordKey(rawValue: "evidence")
  /// What came of the step, one sentence for the end of a run.
  public static let summary = RecordKey(rawValue: "summary")
  /// A comparison with all its figures: the body of its document, see below.
  public static let score = RecordKey(rawValue: "score")
  /// Shares of things found with their intervals, a list of tables.
  public static let detection = RecordKey(rawValue: "detection")
  /// How far classes lie apart before and after alignment, a list by feature.
  public static let separation = RecordKey(rawValue: "separation")
  /// The least and the largest time of the records minus that of the scene in seconds, a list of two.
  public static let timeDifference = RecordKey(rawValue: "dt_s")
  /// Leads by width, a list with limits, number, length and area of each class.
  public static let widthDistribution = RecordKey(rawValue: "width_distribution")
  /// The number of leads.
  public static let leads = RecordKey(rawValue: "leads")
  /// The number of groups of leads that hang together.
  public static let groups = RecordKey(rawValue: "groups")
  /// The length of all leads in kilometres.
  public static let lengthKm = RecordKey(rawValue: "length_km")
  /// The definition of peakiness that the features follow, a text.
  public static let peakiness = RecordKey(rawValue: "peakiness")
  /// The file that holds what a made scene shows; made products record the inputs of a pipeline that uses them under
  /// `settings`.
  public static let truth = RecordKey(rawValue: "truth")
  /// The number of samples that were clustered.
  public static let samples = RecordKey(rawValue: "samples")
  /// The number of records that take part.
  public static let recordsKept = RecordKey(rawValue: "records_kept")
  /// The number of records that lie on the scene.
  public static let recordsOnScene = RecordKey(rawValue: "records_on_scene")
  /// The number of records whose echo was aligned.
  public static let recordsAligned = RecordKey(rawValue: "records_aligned")
}

// MARK: - Members of class areas and counts, beside `name`

extension RecordKey {
  /// The code of a class.
  public static let code = RecordKey(rawValue: "code")
  /// The name of a class for people.
  public static let label = RecordKey(rawValue: "label")
  /// The number of pixels.
  public static let pixels = RecordKey(rawValue: "pixels")
  /// The area in square kilometres; null without a reference system.
  public static let areaKm2 = RecordKey(rawValue: "area_km2")
  /// The share of what has a class, 0 to 1.
  public static let share = RecordKey(rawValue: "share")
  /// The number of records.
  public static let records = RecordKey(rawValue: "records")
}

// MARK: - Members of a score

extension RecordKey {
  /// What the reference is, in words.
  public static let reference = RecordKey(rawValue: "reference")
  /// What was compared with it, in words.
  public static let predicted = RecordKey(rawValue: "predicted")
  /// Codes, names and counts of pairs, `counts[reference][predicted]`.
  public static let confusionMatrix = RecordKey(rawValue: "confusion_matrix")
  /// The names of the matrix's classes in its order.
  public static let names = RecordKey(rawValue: "names")
  /// The counts of the matrix, a list of rows.
  public static let counts = RecordKey(rawValue: "counts")
  /// The figures of each class by its name: `precision`, `recall`, `f1_score`, `iou`, `support`.
  public static let classes = RecordKey(rawValue: "classes")
  /// The mean of the classes' figures.
  public static let macroAverage = RecordKey(rawValue: "macro_avg")
  /// The mean of the classes' figures by support.
  public static let weightedAverage = RecordKey(rawValue: "weighted_avg")
  /// The share of evaluated pairs that agree, 0 to 1; null without any.
  public static let accuracy = RecordKey(rawValue: "accuracy")
  /// Cohen's kappa; null where it is not defined.
  public static let kappa = RecordKey(rawValue: "kappa")
  /// The mean recall of the classes that the reference has, 0 to 1; null without any.
  public static let balancedAccuracy = RecordKey(rawValue: "balanced_accuracy")
  /// The number of pairs of evaluated classes.
  public static let evaluated = RecordKey(rawValue: "evaluated")
  /// The number of pairs, of the comparison or of a step of its agreement.
  public static let pairs = RecordKey(rawValue: "pairs")
  /// The share of the prediction that is right, 0 to 1.
  public static let precision = RecordKey(rawValue: "precision")
  /// The share of the reference that was found, 0 to 1.
  public static let recall = RecordKey(rawValue: "recall")
  /// The harmonic mean of both, 0 to 1.
  public static let f1 = RecordKey(rawValue: "f1_score")
  /// Intersection over union, 0 to 1.
  public static let iou = RecordKey(rawValue: "iou")
  /// The number of pairs of the class in the reference.
  public static let support = RecordKey(rawValue: "support")
  /// What weakens the comparison, in words.
  public static let warning = RecordKey(rawValue: "warning")
  /// What a reader must know of the two sides, in words.
  public static let note = RecordKey(rawValue: "note")
  /// Agreement in steps of the footprint's purity, a list with `from`, `to`, `pairs` and `agreement`.
  public static let agreementByPurity = RecordKey(rawValue: "agreement_by_purity")
  /// Agreement in steps of minutes between record and scene, a list as by purity.
  public static let agreementByMinutes = RecordKey(rawValue: "agreement_by_minutes")
  /// The lower end of a step.
  public static let from = RecordKey(rawValue: "from")
  /// The upper end of a step.
  public static let to = RecordKey(rawValue: "to")
  /// The share of pairs that agree, 0 to 1.
  public static let agreement = RecordKey(rawValue: "agreement")
}
