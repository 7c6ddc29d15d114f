/// What releases have promised: see docs/guide/export.md. The author commits the file.
struct Lock: Codable {
  struct Member: Codable {
    var name: String
    /// A type; of a case the payload; of a function all that C passes.
    var shape: String
    var since: String
  }
  struct LockedType: Codable {
    var name: String
    var kind: String
    var symbol: String
    /// The struct_size, or the size of the table, at the first release.
    var smallestSize: Int
    var fields: [Member] = []
    var cases: [Member] = []
    var numbers: [String: Int32] = [:]
    /// Of a protocol: what C implements.
    var requirements: [Member] = []
    var since: String
  }
  struct LockedFunction: Codable {
    var symbol: String
    var shape: String
    var options: [String] = []
    /// How many options there were at the first release.
    var firstOptions: Int
    /// The structs that its closures are given in, by the parameter.
    var closures: [String: String]?
    var since: String
  }
  struct Release: Codable {
    var version: String
    var abi: UInt32
  }

  var format = 1
  var library: String
  var types: [LockedType] = []
  var functions: [LockedFunction] = []
  var constants: [Member] = []
  var releases: [Release] = []

  func type(_ name: String) -> LockedType? { types.first { $0.name == name } }
  func symbol(ofType name: String) -> String? { type(name)?.symbol }
  func closure(_ parameter: String, of function: String) -> String? {
    functions.first { $0.symbol == function }?.closures?[parameter]
  }
  func number(ofCase name: String, in type: String) -> Int32? { self.type(type)?.numbers[name] }
  func largestNumber(in type: String) -> Int32? { self.type(type)?.numbers.values.max() }
}

extension Lock {
  /// All that there is now, promised from now on.
  init(_ interface: Interface, after lock: Lock?) {
    let version = interface.version
    self.init(library: interface.library)
    for type in interface.types {
      let known = lock?.type(type.name)
      func member(_ name: String, _ shape: String, _ old: [Member]?) -> Member {
        Member(
          name: name, shape: shape, since: old?.first { $0.name == name }?.since ?? version)
      }
      var locked = LockedType(
        name: type.name, kind: type.kind.rawValue, symbol: type.symbol,
        smallestSize: type.kind == .interface ? type.smallestTable : type.smallestSize,
        since: known?.since ?? version)
      locked.fields = type.fields.map { member($0.name, $0.type.swift, known?.fields) }
      locked.cases = type.cases.map { member($0.name, payload($0), known?.cases) }
      for one in type.cases { locked.numbers[one.name] = one.number }
      if type.kind == .interface {
        locked.requirements = type.functions.map {
          member($0.symbol, describe($0), known?.requirements)
        }
      }
      types.append(locked)
    }
    for function in interface.allFunctions {
      let known = lock?.functions.first { $0.symbol == function.symbol }
      functions.append(
        LockedFunction(
          symbol: function.symbol, shape: describe(function),
          options: function.options.map { "\($0.symbol): \($0.type.swift)" },
          firstOptions: known?.firstOptions ?? function.options.count,
          closures: function.closureNames.isEmpty ? nil : function.closureNames,
          since: known?.since ?? version))
    }
    for constant in interface.allConstants {
      constants.append(
        Member(
          name: constant.symbol, shape: "\(constant.type.swift) = \(constant.value)", since: version
        ))
    }
    releases = lock?.releases.filter { $0.version != version } ?? []
    releases.append(Release(version: version, abi: interface.abi))
  }
}

func payload(_ one: Case) -> String {
  one.payload.map { "\($0.name): \($0.type.swift)" }.joined(separator: ", ")
}

extension Interface {
  var allConstants: [Constant] { constants + types.flatMap(\.constants) }
}
