extension Lock {
  init(_ interface: Interface, after lock: Lock?) { self.init(library: interface.library) }
  func check(_ interface: inout Interface, _ diagnostics: Diagnostics) {}
}
