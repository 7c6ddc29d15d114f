import Tenon
import TenonNode

/// Sends the lines that contain a pattern. An ordinary async function: it reads one stream and writes another.
func search(_ pattern: String, in files: Stream, to matches: Sink) async throws {
  let pattern = Array(pattern.utf8)
  while let file = try await files.next().map(JavaScriptValue.init) {
    guard let path = file["path"].string, let bytes = file["bytes"].bytes else { continue }
    var lines = Lines(of: bytes, containing: pattern)
    while let (number, text) = lines.next() {
      let match: JavaScriptValue = [
        "path": .string(path), "line": JavaScriptValue(number), "text": .string(text),
      ]
      try await matches.send(match)
    }
  }
}

@c(napi_register_module_v1)
public func register(_ env: OpaquePointer?, _ exports: OpaquePointer?) -> OpaquePointer? {
  NodeModule.register(env, exports) { module in
    module.export(stream: "search", "pattern", "files") {
      (matches: Sink, pattern: String, files: Stream) in
      try await search(pattern, in: files, to: matches)
    }
  }
}
