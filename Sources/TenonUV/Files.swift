public import CTenonUV
import Glibc
import Tenon

/// Files, by libuv's thread pool. Any thread; a cancel stops what the pool has not begun, and the rest is awaited.
extension UVLoop {
  /// An open file. Close it: nothing else does.
  public struct File: Sendable {
    public let descriptor: Int32
  }

  /// A directory's entry.
  public struct Entry: Sendable {
    /// The name as the file system has it, which need not be UTF-8.
    public let name: [UInt8]
    public let type: uv_dirent_type_t
  }

  /// Opens a file. `path` is bytes that end with a NUL, because a file's name may be any.
  public nonisolated(nonsending) func open(
    _ path: [CChar], flags: Int32 = O_RDONLY, mode: Int32 = 0o644
  ) async throws -> File {
    File(
      descriptor: Int32(try await file { uv_fs_open($0, $1, path, flags | O_CLOEXEC, mode, $2) }))
  }

  /// Opens a file.
  public nonisolated(nonsending) func open(
    _ path: String, flags: Int32 = O_RDONLY, mode: Int32 = 0o644
  ) async throws -> File {
    try await open(path.utf8CString.map { $0 }, flags: flags, mode: mode)
  }

  /// Closes a file, whether or not the task is cancelled.
  public nonisolated(nonsending) func close(_ file: File) async throws {
    let request = Request<uv_fs_t>()
    _ = try await wait { [self] (waiter: Waiter<Int>) in
      try request.start(waiter) {
        uv_fs_close(loop, $0, file.descriptor) { Request.ended($0) }
      }
    }
  }

  /// Reads up to `memory.count` bytes at `offset` (nil: where the last read ended) into memory of the caller's, and returns
  /// how many there were: 0 at the end of the file.
  public nonisolated(nonsending) func read(
    _ file: File, into memory: UnsafeMutableRawBufferPointer, at offset: Int64? = nil
  ) async throws -> Int {
    // SAFETY: the caller lends it until this returns, and libuv has let go of it then.
    nonisolated(unsafe) let memory = memory
    return try await self.file {
      var buffer = uv_buf_t(
        base: memory.baseAddress?.assumingMemoryBound(to: CChar.self), len: memory.count)
      return uv_fs_read($0, $1, file.descriptor, &buffer, 1, offset ?? -1, $2)
    }
  }

  /// Reads up to `count` bytes; none at the end of the file.
  public nonisolated(nonsending) func read(
    _ file: File, count: Int, at offset: Int64? = nil
  ) async throws -> [UInt8] {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { memory.deallocate() }
    let size = try await read(file, into: memory, at: offset)
    return [UInt8](memory.prefix(size))
  }

  /// Writes all bytes, at `offset` or where the last write ended.
  public nonisolated(nonsending) func write(
    _ bytes: [UInt8], to file: File, at offset: Int64? = nil
  ) async throws {
    // SAFETY: libuv's pool alone reads it, and has let go of it when this returns.
    nonisolated(unsafe) let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: bytes.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    var written = 0
    while written < bytes.count {
      let (start, position) = (written, offset.map { $0 + Int64(written) } ?? -1)
      written += try await self.file {
        let rest = UnsafeMutableRawBufferPointer(rebasing: memory.dropFirst(start))
        var buffer = uv_buf_t(
          base: rest.baseAddress?.assumingMemoryBound(to: CChar.self), len: rest.count)
        return uv_fs_write($0, $1, file.descriptor, &buffer, 1, position, $2)
      }
    }
  }

  /// What the system knows of a file.
  public nonisolated(nonsending) func stat(
    _ path: String, followLinks: Bool = true
  ) async throws -> uv_stat_t {
    let request = Request<uv_fs_t>()
    _ = try await request.run(on: self) { [self] in
      let end: uv_fs_cb = { Request.ended($0) }
      return followLinks ? uv_fs_stat(loop, $0, path, end) : uv_fs_lstat(loop, $0, path, end)
    }
    return request.read { $0.pointee.statbuf }
  }

  /// The entries of a directory, in the order of their names.
  public nonisolated(nonsending) func scandir(_ path: String) async throws -> [Entry] {
    let request = Request<uv_fs_t>()
    _ = try await request.run(on: self) { [self] in
      uv_fs_scandir(loop, $0, path, 0) { Request.ended($0) }
    }
    return request.read { raw in
      var entries: [Entry] = []
      var entry = uv_dirent_t()
      while uv_fs_scandir_next(raw, &entry) >= 0 {
        let name = UnsafeRawBufferPointer(start: entry.name, count: strlen(entry.name))
        entries.append(Entry(name: [UInt8](name), type: entry.type))
      }
      return entries
    }
  }

  /// Runs one file operation whose result is a number.
  private nonisolated(nonsending) func file(
    _ start:
      @escaping @Sendable (UnsafeMutablePointer<uv_loop_t>, UnsafeMutablePointer<uv_fs_t>, uv_fs_cb)
      -> Int32
  ) async throws -> Int {
    let request = Request<uv_fs_t>()
    return try await request.run(on: self) { [self] in
      start(loop, $0) { Request.ended($0) }
    }
  }
}
