import Glibc

/// All bytes of a file that may not know its size, as those in /proc do not.
func contents(of path: String) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var (result, part) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
  while case let count = read(file, &part, part.count), count > 0 { result += part[..<count] }
  return result
}

func lines(of path: String) -> [Substring] {
  String(decoding: contents(of: path) ?? [], as: UTF8.self).split(separator: "\n")
}

/// A file in memory, for as long as this lives.
final class MappedFile {
  let bytes: UnsafeRawBufferPointer

  init?(_ path: String) {
    guard let bytes = mapped(path) else { return nil }
    self.bytes = bytes
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}

/// The same for as long as this program runs.
func mapped(_ path: String) -> UnsafeRawBufferPointer? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0, status.st_size > 0, status.st_mode & S_IFMT == S_IFREG,
    let memory = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, file, 0),
    memory != MAP_FAILED
  else { return nil }
  return UnsafeRawBufferPointer(start: memory, count: Int(status.st_size))
}
