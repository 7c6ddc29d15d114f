public import CTenon

/// What an exported function may return.
public protocol ValueConvertible: SendableMetatype {
  /// The same in C's form, owned by the caller.
  consuming func makeValue() -> tenon_value_t
}
