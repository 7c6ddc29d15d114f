/// Futures that wait until a descriptor is ready. The future's slot says in which registration's slot the wait is, which is never
/// armed, and says which descriptor and what for.
extension Survey {
  mutating func readDescriptorWait(of future: Handle, at index: UInt) {
    waitingForDescriptors.insert(future.bits)
    let place = memory.half(copy.table(.future).base &+ index &* Table.slotSize &+ 8)
    let registrations = copy.table(.registration)
    guard place != 0, UInt(place) <= registrations.used else { return }
    let wait = registrations.base &+ UInt(place - 1) &* Table.slotSize
    // Otherwise it has been told meanwhile.
    guard Handle(memory.word(wait &+ 32)).as(.future).bits == future.bits else { return }
    let context = memory.word(wait &+ 24)
    let purpose = context & 1 == 0 ? "read from" : "written to"
    graph.change(future.bits) {
      $0.cause = "waits until descriptor \(context >> 1) can be \(purpose)"
    }
  }
}
