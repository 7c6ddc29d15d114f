// Implements the recorder of <tenon/inspect.h>.
public import CTenonInspect
internal import CTrace

@c @implementation
public func tenon_record(_ mask: UInt32, _ bytes: Int) -> tenon_status_t {
  guard mask & ~TENON_RECORD_ALL == 0 else { return TENON_STATUS_INVALID }
  return Snapshot.status {
    try Record.start(Record.Mask(rawValue: mask), bytes: bytes == 0 ? 1 << 20 : bytes)
    return TENON_STATUS_OK
  }
}

@c @implementation
public func tenon_record_write(_ fd: Int32, _ format: tenon_record_format) -> tenon_status_t {
  guard format == TENON_RECORD_CHROME else { return TENON_STATUS_INVALID }
  return Snapshot.status {
    guard var text = try Record.trace() else { return TENON_STATUS_ENDED }
    let isWritten = text.withUTF8 { tenon__write_all(fd, $0.baseAddress, $0.count) }
    return isWritten ? TENON_STATUS_OK : TENON_STATUS_INVALID
  }
}
