extension TypeReader {

  /// Foundation's, which TenonFoundation knows.
  static let foundation: [String: TypeReference.Kind] = [
    "Data": .bytes, "Date": .date, "UUID": .uuid, "URL": .url,
  ]

  /// What does not cross, and what to write instead.
  static let advice: [String: String] = [
    "Any": "write the type that it has",
    "AnyObject": "write the class that it has",
    "AnyHashable": "write String or Int",
    "Character": "write String",
    "Unicode.Scalar": "write UInt32 or String",
    "Substring": "write String",
    "StaticString": "write String",
    "Float16": "write Float",
    "Float80": "write Double",
    "Int128": "write two Int64, or String",
    "UInt128": "write two UInt64, or String",
    "Decimal": "write String or Double",
    "Error": "let the function throw it",
    "Result": "let the function throw the failure",
    "Never": "export a function that returns",
    "Range": "write two numbers",
    "ClosedRange": "write two numbers",
    "KeyValuePairs": "write [String: Value], or a list of structs",
    "ArraySlice": "write an array",
    "ContiguousArray": "write an array",
    "InlineArray": "write an array",
    "Span": "write an array",
    "RawSpan": "write [UInt8]",
    "MutableSpan": "write an array, and return the new one",
    "Task": "make the function async",
    "CheckedContinuation": "make the function async",
    "UnsafePointer": "write an array or a struct",
    "UnsafeMutablePointer": "write an array or a struct",
    "UnsafeRawPointer": "write [UInt8]",
    "UnsafeMutableRawPointer": "write [UInt8]",
    "UnsafeBufferPointer": "write an array",
    "UnsafeMutableBufferPointer": "write an array",
    "UnsafeRawBufferPointer": "write [UInt8]",
    "UnsafeMutableRawBufferPointer": "write [UInt8]",
    "OpaquePointer": "write a class",
    "Mutex": "put it into a class",
    "Atomic": "put it into a class",
    "KeyPath": "write a closure",
  ]
}
