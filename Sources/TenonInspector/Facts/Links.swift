/// What of a recording has led to what: by their places in it.
struct Links {
  /// Numbers, each of one cause and one consequence.
  private(set) var from: [Int: [Int]] = [:]
  private(set) var to: [Int: Int] = [:]
  private var count = 0

  /// A future that settles leads to the callbacks that are told of it, and to where tasks go on that waited for it; an item, to the
  /// task that waited for it.
  init(_ events: [Happening]) {
    var settled: [UInt: Int] = [:]
    var resumed: [UInt: Int] = [:]
    for (place, event) in events.enumerated() {
      switch event.kind {
      case .futureSettles: settled[event.id] = place
      case .callbackBegins: if let cause = settled[event.id] { link(cause, place) }
      case .taskResumes, .readerWakes, .writerWakes:
        guard let (task, of) = event.resumes else { continue }
        resumed[task] = event.kind == .taskResumes ? settled[of] : place
      case .taskBegins:
        if let cause = resumed.removeValue(forKey: event.id) { link(cause, place) }
      default: break
      }
    }
  }

  private mutating func link(_ cause: Int, _ consequence: Int) {
    count += 1
    from[cause, default: []].append(count)
    to[consequence] = count
  }
}
