/// @file tenon/tenon.hpp
///
/// Tenon for C++17 and later: futures that feel like std::future, and coroutines, over the C
/// contract alone.
///
/// | noun        | C              | C++                                                             |
/// |-------------|----------------|-----------------------------------------------------------------|
/// | value       | value.h        | value.hpp: what travels how                                     |
/// | error       | error.h        | error.hpp, exception.hpp, category.hpp                          |
/// | context     | context.h      | context.hpp                                                     |
/// | trace context | trace_context.h | trace_context.hpp                                            |
/// | future      | future.h       | future.hpp, shared_future.hpp, then.hpp, coroutine.hpp, stop.hpp, stop_on_signal.hpp, from_std.hpp |
/// | promise     | promise.h      | promise.hpp, packaged_task.hpp                                  |
/// | executor    | executor.h     | executor.hpp, thread_pool.hpp, async.hpp, task.hpp, semaphore.hpp |
/// | combinators | combinators.h  | combinators.hpp, when.hpp, timeout.hpp, sleep.hpp, descriptor.hpp |
/// | stream      | stream.h       | stream.hpp, sink.hpp                                            |
/// | latest      | latest.h       | latest.hpp                                                      |
/// | scope       | scope.h        | scope.hpp                                                       |
///
/// What is in tenon::detail is nobody else's, and so are the headers that are included and not in the table. What needs
/// more than libtenon is included by itself: asio.hpp, inspect.hpp, qt.hpp, uv.hpp.
///
/// It compiles without exceptions and without RTTI: then what would throw terminates, and the try_
/// functions answer a status instead.
#ifndef TENON_TENON_HPP
#define TENON_TENON_HPP

#include <tenon/async.hpp>
#include <tenon/combinators.hpp>
#include <tenon/context.hpp>
#include <tenon/coroutine.hpp>
#include <tenon/descriptor.hpp>
#include <tenon/executor.hpp>
#include <tenon/from_std.hpp>
#include <tenon/latest.hpp>
#include <tenon/packaged_task.hpp>
#include <tenon/scope.hpp>
#include <tenon/semaphore.hpp>
#include <tenon/shared_future.hpp>
#include <tenon/sink.hpp>
#include <tenon/sleep.hpp>
#include <tenon/stop.hpp>
#include <tenon/stop_on_signal.hpp>
#include <tenon/stream.hpp>
#include <tenon/task.hpp>
#include <tenon/then.hpp>
#include <tenon/thread_pool.hpp>
#include <tenon/timeout.hpp>
#include <tenon/trace_context.hpp>
#include <tenon/when.hpp>

#endif // TENON_TENON_HPP
