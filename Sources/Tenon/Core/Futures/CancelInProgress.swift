import Glibc

/// The call whose task this thread is cancelling. Swift tells cancellation handlers nothing but that they run, and runs
/// them inside `cancel()`: so this is how one learns of which call the reason is its own, in child tasks too.
enum CancelInProgress {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  static func of(_ promise: Handle, _ cancel: () -> Void) {
    let before = pthread_getspecific(key)
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: promise.bits))
    cancel()
    pthread_setspecific(key, before)
  }

  static var call: Handle? {
    pthread_getspecific(key).map { Handle(bits: UInt(bitPattern: $0)) }
  }
}
