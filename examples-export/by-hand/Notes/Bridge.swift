import Blocks
public import CNotes
public import CTenon
public import Tenon

extension Note: ValueConvertible {
  fileprivate init(_ pointer: UnsafePointer<notes_note_t>?) throws {
    let note = try structure(pointer, \.struct_size)
    self.init(
      id: note.id.is_some ? note.id.value : nil, title: try text(note.title),
      body: try text(note.body), stars: note.stars)
  }

  public consuming func makeValue() -> tenon_value_t {
    let from = self
    return Block.value(
      Block.make(notes_note_t()) { note, block in
        note.struct_size = MemoryLayout<notes_note_t>.size
        note.id.is_some = from.id != nil
        note.id.value = from.id ?? 0
        note.title = block.add(from.title)
        note.body = block.add(from.body)
        note.stars = from.stars
      })
  }
}

extension Cell {
  fileprivate func makeStruct(_ block: inout Block) -> notes_cell_t {
    var cell = notes_cell_t()
    cell.struct_size = MemoryLayout<notes_cell_t>.size
    switch self {
    case .null: cell.kind = NOTES_CELL_NULL
    case .integer(let integer):
      cell.kind = NOTES_CELL_INTEGER
      cell.as.integer = integer
    case .real(let real):
      cell.kind = NOTES_CELL_REAL
      cell.as.real = real
    case .text(let text):
      cell.kind = NOTES_CELL_TEXT
      cell.as.text = block.add(text)
    case .blob(let blob):
      cell.kind = NOTES_CELL_BLOB
      cell.as.blob = tenon_bytes_t(data: block.add(blob), size: blob.count)
    }
    return cell
  }
}

extension Row: ValueConvertible {
  public consuming func makeValue() -> tenon_value_t {
    let from = self
    return Block.value(
      Block.make(notes_row_t()) { row, block in
        row.struct_size = MemoryLayout<notes_row_t>.size
        var entries: [notes_cell_entry_t] = []
        for (key, value) in from.columns {
          let key = block.add(key)
          let value = block.add([value.makeStruct(&block)])
          entries.append(notes_cell_entry_t(key: key, value: value))
        }
        row.columns.data = block.add(entries)
        row.columns.count = entries.count
      })
  }
}

extension NotesError: DescribedError {
  public var errorDomain: String { NOTES_ERROR_DOMAIN }

  public var errorCode: Int64 {
    switch self {
    case .taken: Int64(NOTES_ERROR_TAKEN.rawValue)
    case .sqlite: Int64(NOTES_ERROR_SQLITE.rawValue)
    }
  }

  public var errorBlock: tenon_error_payload_t? {
    let made = Block.make(notes_error_t()) { details, block in
      details.struct_size = MemoryLayout<notes_error_t>.size
      details.code = notes_error_code_t(rawValue: Int32(errorCode))
      switch self {
      case .taken(let title): details.as.taken.title = block.add(title)
      case .sqlite(let code, let message):
        details.as.sqlite.code = code
        details.as.sqlite.message = block.add(message)
      }
    }
    return Block.payload(made)
  }
}

@c @implementation
public func notes_error_get(
  _ error: OpaquePointer?, _ detailsOut: UnsafeMutablePointer<UnsafePointer<notes_error_t>?>?
) -> tenon_status_t { details(error, detailsOut) }

@c @implementation
public func notes_notebook_open(
  _ executor: OpaquePointer?, _ path: UnsafePointer<CChar>?,
  _ notebookOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  answer {
    let path = try text(path)
    return export(on: executor, future: notebookOut) {
      Value.object(try await Notebook.open(path: path))
    }
  }
}

@c @implementation
public func notes_notebook_add(
  _ notebook: OpaquePointer?, _ executor: OpaquePointer?, _ note: UnsafePointer<notes_note_t>?,
  _ noteOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  answer {
    let notebook = try Object.instance(notebook, as: Notebook.self)
    let note = try Note(note)
    return export(on: executor, future: noteOut) { try await notebook.add(note) }
  }
}

@c @implementation
public func notes_notebook_notes(
  _ notebook: OpaquePointer?, _ executor: OpaquePointer?, _ stars: Double,
  _ notesOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  answer {
    let notebook = try Object.instance(notebook, as: Notebook.self)
    return export(on: executor, stream: notesOut, notebook.notes(stars: stars))
  }
}

@c @implementation
public func notes_notebook_query(
  _ notebook: OpaquePointer?, _ executor: OpaquePointer?, _ sql: UnsafePointer<CChar>?,
  _ rowsOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t {
  answer {
    let notebook = try Object.instance(notebook, as: Notebook.self)
    return export(on: executor, stream: rowsOut, notebook.query(try text(sql)))
  }
}

@c @implementation
public func notes_notebook_retain(_ notebook: OpaquePointer?) -> tenon_status_t {
  retain(notebook, Notebook.self)
}

@c @implementation
public func notes_notebook_release(_ notebook: OpaquePointer?) -> tenon_status_t {
  release(notebook, Notebook.self)
}

@c @implementation
public func notes_notebook_take(
  _ future: OpaquePointer?, _ notebookOut: UnsafeMutablePointer<OpaquePointer?>?
) -> tenon_status_t { take(future, notebookOut, Notebook.self) }

@c @implementation
public func notes_note_take(
  _ future: OpaquePointer?, _ noteOut: UnsafeMutablePointer<UnsafeMutablePointer<notes_note_t>?>?
) -> tenon_status_t { take(future, noteOut) }

@c @implementation
public func notes_note_take_item(
  _ item: UnsafeMutablePointer<tenon_value_t>?,
  _ noteOut: UnsafeMutablePointer<UnsafeMutablePointer<notes_note_t>?>?
) -> tenon_status_t { take(item, noteOut) }

@c @implementation
public func notes_row_take_item(
  _ item: UnsafeMutablePointer<tenon_value_t>?,
  _ rowOut: UnsafeMutablePointer<UnsafeMutablePointer<notes_row_t>?>?
) -> tenon_status_t { take(item, rowOut) }

@c @implementation
public func notes_note_free(_ note: UnsafeMutablePointer<notes_note_t>?) { note?.deallocate() }

@c @implementation
public func notes_row_free(_ row: UnsafeMutablePointer<notes_row_t>?) { row?.deallocate() }
