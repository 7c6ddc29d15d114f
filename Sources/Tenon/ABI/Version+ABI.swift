// Implements <tenon/version.h>.
import CTenon

@c @implementation
public func tenon_abi_version() -> UInt32 { UInt32(TENON_ABI_VERSION) }

@c @implementation
public func tenon_version_string() -> UnsafePointer<CChar>? { text("0.1.0") }
