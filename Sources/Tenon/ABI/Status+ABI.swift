// Implements <tenon/status.h>.
public import CTenon

@c @implementation
public func tenon_status_name(_ status: tenon_status_t) -> UnsafePointer<CChar>? {
  text(names(of: status).name)
}

@c @implementation
public func tenon_status_string(_ status: tenon_status_t) -> UnsafePointer<CChar>? {
  text(names(of: status).sentence)
}
