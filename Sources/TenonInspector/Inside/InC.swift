internal import CTenonInspect
import Glibc

/// A text that C reads, for as long as this lives.
final class CText {
  let pointer: UnsafePointer<CChar>
  let count: Int

  init(_ text: String) {
    let bytes = Array(text.utf8)
    let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { memory[index] = CChar(bitPattern: byte) }
    memory[bytes.count] = 0
    pointer = UnsafePointer(memory)
    count = bytes.count
  }

  deinit { pointer.deallocate() }
}

/// Numbers that C reads, for as long as this lives.
final class CNumbers {
  let pointer: UnsafePointer<UInt64>
  let count: Int

  init(_ numbers: [UInt]) {
    let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: max(numbers.count, 1))
    for (index, number) in numbers.enumerated() { memory[index] = UInt64(number) }
    pointer = UnsafePointer(memory)
    count = numbers.count
  }

  deinit { pointer.deallocate() }
}

/// A node as C sees it, with what it points to.
struct NodeInC {
  private let texts: [CText?]
  private let frames: CNumbers
  let node: tenon_snapshot_node_t

  init(_ node: Snapshot.Node) {
    texts = [
      node.kind, node.title, node.name, node.state, node.detail, node.cause, node.function,
      node.source,
    ].map { $0.map(CText.init) }
    frames = CNumbers(node.frames)
    self.node = tenon_snapshot_node_t(
      struct_size: 0, id: UInt64(node.id), kind: texts[0]?.pointer, title: texts[1]?.pointer,
      name: texts[2]?.pointer, state: texts[3]?.pointer, detail: texts[4]?.pointer,
      cause: texts[5]?.pointer, function: texts[6]?.pointer, source: texts[7]?.pointer,
      age_ns: node.age ?? 0, frames: frames.pointer,
      frame_count: frames.count, is_call: node.isCall)
  }
}

/// The same of an explanation.
struct ExplanationInC {
  private let text: CText
  private let chain: CNumbers
  let explanation: tenon_explanation_t

  init(_ explanation: Snapshot.Explanation) {
    text = CText(explanation.text)
    chain = CNumbers(explanation.chain)
    self.explanation = tenon_explanation_t(
      struct_size: 0, chain: chain.pointer, count: chain.count,
      is_deadlock: explanation.isDeadlock, cycle_start: explanation.cycleStart ?? chain.count,
      text: text.pointer)
  }
}
