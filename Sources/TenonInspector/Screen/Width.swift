import CTerminal

/// How many columns of a terminal it takes.
func displayWidth(_ text: String) -> Int {
  text.unicodeScalars.reduce(0) { $0 + max(0, Int(tenon__width($1.value))) }
}

/// As much of its beginning as fits.
func clipped(_ text: String, to width: Int) -> String {
  if text.utf8.count <= width { return text }
  var (result, left) = (String.UnicodeScalarView(), width)
  for scalar in text.unicodeScalars {
    left -= max(0, Int(tenon__width(scalar.value)))
    if left < 0 { break }
    result.append(scalar)
  }
  return String(result)
}
