// Implements the metrics of <tenon/inspect.h>.
public import CTenonInspect
internal import CTrace

@c @implementation
public func tenon_metrics_read(
  _ fn: tenon_metric_fn?, _ context: UnsafeMutableRawPointer?
) -> tenon_status_t {
  guard let fn else { return TENON_STATUS_INVALID }
  return Snapshot.status {
    let metrics = try Metrics.read()
    let told: Void? = Room.with(metrics.count * Room.ofEvent) { () throws(Never) in
      for metric in metrics { metric.withC { fn(context, $0) } }
    }
    return told == nil ? TENON_STATUS_NO_RESOURCES : TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_metrics_write_prometheus(_ fd: Int32) -> tenon_status_t {
  return Snapshot.status {
    var text = try Metrics.prometheus()
    let isWritten = text.withUTF8 { tenon__write_all(fd, $0.baseAddress, $0.count) }
    return isWritten ? TENON_STATUS_OK : TENON_STATUS_INVALID
  }
}

extension Metric {
  fileprivate func withC(_ body: (UnsafePointer<tenon_metric_t>) -> Void) {
    let texts = ([name, unit, description] + attributes.flatMap { [$0.key, $0.value] })
      .map(CText.init)
    let all = attributes.indices.map {
      tenon_metric_attribute_t(
        key: texts[3 + 2 * $0].pointer, value: texts[4 + 2 * $0].pointer)
    }
    withExtendedLifetime(texts) {
      all.withUnsafeBufferPointer { attributes in
        var metric = tenon_metric_t(
          struct_size: MemoryLayout<tenon_metric_t>.size, name: texts[0].pointer,
          kind: tenon_metric_kind_t(rawValue: kind.rawValue), reserved: 0, unit: texts[1].pointer,
          description: texts[2].pointer, attributes: attributes.baseAddress,
          attribute_count: attributes.count, value: value)
        body(&metric)
      }
    }
  }
}
