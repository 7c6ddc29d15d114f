import CTenon
import Testing

@testable import Tenon

/// Swift objects that C carries.
@Suite struct ObjectTests {
  class Animal: @unchecked Sendable {}  // SAFETY: it has no state.
  final class Dog: Animal, @unchecked Sendable {}  // SAFETY: it has no state.

  @Test func anObjectIsFoundAsItsClassAndAsASuperclass() throws {
    let dog = Dog()
    let object = Object(dog)
    #expect(try object.instance(as: Dog.self) === dog)
    #expect(try object.instance(as: Animal.self) === dog)
    #expect(throws: Failure.self) { try object.instance(as: Witness.self) }
    #expect(throws: Failure.self) { try Object(Animal()).instance(as: Dog.self) }
    #expect(Object.check(object.pointer, is: Animal.self) == TENON_STATUS_OK)
    #expect(Object.check(object.pointer, is: Witness.self) == TENON_STATUS_INVALID)
  }

  @Test func theLastReferenceLetsGoOfTheObject() throws {
    let ends = Shared(0)
    var object: Object? = Object(Witness(ends))
    let pointer = object?.retainedPointer()
    object = nil
    #expect(ends.value == 0)
    #expect(try Object.instance(pointer, as: Witness.self).ends.value == 0)
    #expect(tenon_object_release(pointer) == TENON_STATUS_OK)
    #expect(ends.value == 1)
    #expect(Object.check(pointer, is: Witness.self) == TENON_STATUS_STALE)
    #expect(throws: Failure.self) { try Object.instance(pointer, as: Witness.self) }
  }

  @Test func aCallThatHoldsAnObjectIsTheLastOneToLetGoOfIt() throws {
    let ends = Shared(0)
    let pointer = Object(Witness(ends)).retainedPointer()
    let status = ObjectSlot.read(Handle(pointer)) { _, _, _ in
      #expect(tenon_object_release(pointer) == TENON_STATUS_OK)
      #expect(ends.value == 0)
      // Nobody else finds it.
      #expect(Object.check(pointer, is: Witness.self) == TENON_STATUS_STALE)
      return TENON_STATUS_OK
    }
    #expect(status == TENON_STATUS_OK)
    #expect(ends.value == 1)
  }

  @Test func whatIsNoHandleOfASwiftObjectIsRefused() throws {
    var mark = 0
    var foreign: OpaquePointer?
    let status = withUnsafeMutablePointer(to: &mark) {
      tenon_object_create($0, $0, nil, &foreign)
    }
    #expect(status == TENON_STATUS_OK)
    for pointer in [nil, OpaquePointer(bitPattern: 64), foreign] {
      #expect(Object.check(pointer, is: Witness.self) == TENON_STATUS_INVALID)
      #expect(throws: Failure.self) { try Object.instance(pointer, as: Witness.self) }
    }
    #expect(throws: Failure.self) { try Object(borrowing: nil) }
    #expect(tenon_object_release(foreign) == TENON_STATUS_OK)
  }

  @Test func aValueCarriesAnObjectAndLetsGoOfIt() throws {
    let ends = Shared(0)
    let witness = Witness(ends)
    let value = Value.object(witness)
    #expect(value.object(as: Witness.self) === witness)
    #expect(value.object(as: Dog.self) == nil)
    let copy = value
    var inC = value.makeValue()
    var pointer: OpaquePointer?
    #expect(tenon_value_get_object(&inC, &pointer) == TENON_STATUS_OK)
    #expect(Object.check(pointer, is: Witness.self) == TENON_STATUS_OK)
    #expect(tenon_value_drop(&inC) == TENON_STATUS_OK)
    #expect(Object.check(pointer, is: Witness.self) == TENON_STATUS_OK)
    _ = (consume value, consume copy)
    #expect(Object.check(pointer, is: Witness.self) == TENON_STATUS_STALE)
    #expect(ends.value == 0)
  }
}
