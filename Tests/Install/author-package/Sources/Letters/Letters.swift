public import CLetters
import Tenon

@c @implementation
public func letters_count(_ text: UnsafePointer<CChar>?) -> Int64 {
  guard let text else { return 0 }
  return Int64(String(cString: text).filter(\.isLetter).count)
}
