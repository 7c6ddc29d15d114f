// Implements <tenon/registration.h>.
public import CTenon

@c @implementation
public func tenon_registration_forget(_ registration: OpaquePointer?) -> tenon_status_t {
  removeRegistration(Handle(registration), telling: TENON_STATUS_FORGOTTEN)
}
