/// Records without a copy.
extension CPlusPlusPrinter {
  /// A record without a copy.
  mutating func view(_ type: TypeDeclaration) {
    guard usage.uses[type.symbol]?.isGiven == true else { return }
    let name = types.short(type)
    text.line("/// The same without a copy: the library's own block, read in place.")
    text.line("class \(name)_view {")
    text.line("public:")
    for field in type.fields { accessor(field) }
    text.add(
      """
        /// C's struct.
        const \(type.symbol)_t &raw() const noexcept { return *block_; }
        \(name) copy() const;

        /// Takes over a block from C.
        explicit \(name)_view(\(type.symbol)_t *block) noexcept : block_(block) {}

      private:
        struct ender {
          void operator()(\(type.symbol)_t *block) const noexcept { \(type.symbol)_free(block); }
        };
        std::unique_ptr<\(type.symbol)_t, ender> block_;
      };

      """)
  }

  /// Reads one field: in place where C++ has a type for that, otherwise a copy of this field alone.
  private mutating func accessor(_ field: Field) {
    let place = "block_->\(field.symbol)"
    guard let (type, body) = inPlace(field.type, place) else {
      text.line("  /// A copy.")
      return text.line("  \(outer(field.type)) \(accessorName(field))() const;")
    }
    let head = "  \(type) \(accessorName(field))() const noexcept {"
    let line = "\(head) \(body) }"
    text.add(line.count <= width && !body.contains("\n") ? line : "\(head)\n    \(body)\n  }")
  }

  /// The view has functions of its own.
  private func accessorName(_ field: Field) -> String {
    ["copy", "raw"].contains(field.symbol) ? field.symbol + "_" : field.symbol
  }

  private func inPlace(_ type: TypeReference, _ place: String) -> (type: String, body: String)? {
    switch type.kind {
    case .string, .url: return ("std::string_view", "return {\(place).data, \(place).size};")
    case .bytes:
      return (
        "std::span<const std::byte>",
        "return std::as_bytes(std::span(\(place).data, \(place).size));"
      )
    case .list where type.element.isScalar && !type.element.isConvertedScalar:
      return (
        "std::span<const \(types.name(type.element))>",
        "return {\(place).data, \(place).count};"
      )
    case .enumeration: return (outer(type), "return static_cast<\(outer(type))>(\(place));")
    case .optional where !type.element.isScalar:
      guard let (inside, body) = inPlace(type.element, place) else { return nil }
      let value = body.dropFirst("return ".count).dropLast()
      let made = value.hasPrefix("{") ? "\(inside)\(value)" : String(value)
      let none = "if (!\(place).data)\n      return std::nullopt;"
      return ("std::optional<\(inside)>", "\(none)\n    return \(made);")
    case _ where type.kind == .optional || type.isConvertedScalar:
      return (outer(type), "return tenon::detail::record::read<\(outer(type))>(\(place));")
    default: return type.isScalar ? (outer(type), "return \(place);") : nil
    }
  }

  /// What reads the fields that are copied, and all of them.
  mutating func viewBodies(_ type: TypeDeclaration) {
    let name = types.short(type)
    for field in type.fields where inPlace(field.type, "") == nil {
      let result = outer(field.type)
      text.add(
        """
        inline \(result) \(name)_view::\(accessorName(field))() const {
          return tenon::detail::record::read<\(result)>(block_->\(field.symbol));
        }

        """)
    }
    text.add(
      """
      inline \(name) \(name)_view::copy() const {
        \(name) out;
        tenon::detail::record::field<\(name)>::read_struct(*block_, out);
        return out;
      }

      """)
  }
}
