/// What releases have promised: see docs/guide/versions.md. The author commits the file.
struct Lock: Codable {
  struct Member: Codable {
    var name: String
    /// A type, or the number of a case.
    var shape: String
    var since: String
  }
  struct LockedType: Codable {
    var name: String
    var kind: String
    var symbol: String
    var smallestSize: Int
    var fields: [Member]
    var cases: [Member]
    var numbers: [String: Int32]
    var since: String
  }
  struct Release: Codable {
    var version: String
    var abi: UInt32
  }

  var format = 1
  var library: String
  var types: [LockedType] = []
  var functions: [Member] = []
  var constants: [Member] = []
  var releases: [Release] = []

  func type(_ name: String) -> LockedType? { types.first { $0.name == name } }
  func symbol(ofType name: String) -> String? { type(name)?.symbol }
  func number(ofCase name: String, in type: String) -> Int32? { self.type(type)?.numbers[name] }
  func largestNumber(in type: String) -> Int32? { self.type(type)?.numbers.values.max() }
}
