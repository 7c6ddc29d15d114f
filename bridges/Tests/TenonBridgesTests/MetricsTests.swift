import Metrics
import TenonMetrics
import Testing

@Suite struct MetricsTests {
  @Test func theProgramsMetricsAndTenonsAreOneText() throws {
    let metrics = TenonMetricsFactory()
    let ours = Counter(
      label: "http.requests", dimensions: [("path", "/a\"b\\c\n")], factory: metrics)
    ours.increment()
    ours.increment(by: 2)
    Counter(label: "http.requests", dimensions: [("path", "/a\"b\\c\n")], factory: metrics)
      .increment()
    Counter(label: "http.requests", dimensions: [("path", "/")], factory: metrics).increment()
    FloatingPointCounter(label: "2.bytes", factory: metrics).increment(by: 0.5)
    let meter = Meter(label: "queue-size", factory: metrics)
    meter.set(7)
    meter.decrement(by: 2)
    Recorder(label: "sizes", factory: metrics).record(5)
    Recorder(label: "sizes", factory: metrics).record(1.5)
    Gauge(label: "level", factory: metrics).record(3)
    Timer(label: "http.duration", factory: metrics).recordNanoseconds(1_500_000_000)

    let text = try metrics.prometheus()
    let expected = """
      # TYPE _2_bytes_total counter
      _2_bytes_total 0.5
      # TYPE http_duration_seconds summary
      http_duration_seconds_sum 1.5
      http_duration_seconds_count 1
      # TYPE http_requests_total counter
      http_requests_total{path="/"} 1
      http_requests_total{path="/a\\"b\\\\c\\n"} 4
      # TYPE level gauge
      level 3
      # TYPE queue_size gauge
      queue_size 5
      # TYPE sizes summary
      sizes_sum 6.5
      sizes_count 2

      """
    #expect(text.hasPrefix(expected))
    #expect(text.contains("tenon_future_created_total"))
    ours.destroy()
    #expect(try !metrics.prometheus().contains("a\\\"b"))
  }
}
